// Files of one directory over HTTP.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "http/request.h"
#include "http/response.h"

namespace belfry::http {

/// The `Content-Type` for a file's name.
std::string_view content_type_of(std::string_view file_name);

/// Serves regular files below a root directory: never one outside of it, whatever the path says or a symbolic
/// link points to, and never a hidden one. Reads from disk on the calling thread. Constant: any thread may
/// use it.
class StaticFiles {
 public:
  static constexpr std::size_t kMaxFileBytes = 32 * 1024 * 1024;

  /// Larger files than `max_file_bytes` are not served. A root that does not exist has no files.
  explicit StaticFiles(const std::filesystem::path& root, std::size_t max_file_bytes = kMaxFileBytes);

  /// Answers GET and HEAD. `path` is decoded and relative to the root (what a route's `*` stood for); a
  /// directory stands for its `index.html`. 304 where the client has the file already, else 200, 308, 404 or
  /// 405.
  Response serve(const Request& request, std::string_view path) const;

 private:
  Response serve_file(const Request& request, const std::filesystem::path& file) const;

  std::filesystem::path root_;  // canonical, empty if it does not exist
  std::size_t max_file_bytes_;
};

}  // namespace belfry::http
