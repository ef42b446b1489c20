// The only place that reads the configuration's files and the environment of the process.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "server/config.h"

namespace belfry::server {
namespace {

Result<NamedText> read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  in.peek();  // a folder opens, and fails here
  if (!in.is_open() || in.bad()) return fail(ErrorKind::not_found, path + ": cannot be read");
  in.clear();
  return NamedText{.name = path, .text = {std::istreambuf_iterator<char>(in), {}}};
}

}  // namespace

Result<Sources> read_sources(const std::string& config_file, std::vector<FlagValue> flags) {
  Sources sources;
  if (!config_file.empty()) {
    auto toml = read_text(config_file);
    if (!toml) return std::unexpected(toml.error());
    sources.toml.push_back(std::move(*toml));
  }
  if (std::error_code error; std::filesystem::is_regular_file(".env", error)) {
    auto dotenv = read_text(".env");
    if (!dotenv) return std::unexpected(dotenv.error());
    sources.dotenv = std::move(*dotenv);
  }
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      sources.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  sources.flags = std::move(flags);
  return sources;
}

}  // namespace belfry::server
