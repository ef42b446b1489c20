#include "server/pages.h"

#include <filesystem>

namespace belfry::server {

std::string pages_folder(const Config& config) {
  if (!config.server.web_dir.empty()) return config.server.web_dir;
  std::error_code error;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const auto& candidate : {folder / "web", folder.parent_path() / "share" / "belfry" / "web"}) {
    if (std::filesystem::is_directory(candidate, error)) return candidate.string();
  }
  return {};
}

std::string client_folder(const Config& config) {
  const std::string folder = pages_folder(config);
  if (!config.http.serve_client || folder.empty()) return {};
  std::error_code error;
  const auto client = std::filesystem::path(folder) / "client";
  return std::filesystem::is_directory(client, error) ? client.string() : std::string();
}

void add_reference(Server& server, const Config& config) {
  const std::string folder = pages_folder(config);
  if (folder.empty()) return;
  server.serve_files("/docs", folder + "/docs");
}

}  // namespace belfry::server
