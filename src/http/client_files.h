// The stock client's bundles over HTTP.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/result.h"
#include "http/request.h"
#include "http/response.h"

namespace belfry::http {

/// The files of one folder that clients may ask for by name, and no others. Read once, about two megabytes
/// with their compressed forms; then constant: any thread may use it.
class ClientFiles {
 public:
  static constexpr std::size_t kMaxFileBytes = 4 * 1024 * 1024;

  /// Fails with `invalid` where the folder has none of them.
  static Result<ClientFiles> load(const std::filesystem::path& folder);

  /// The names that there are.
  std::vector<std::string> names() const;
  /// Answers GET and HEAD for one of `names`: 304 where the client has this version, 404 for another name.
  Response serve(const Request& request, std::string_view name) const;

 private:
  struct File {
    std::string name;
    std::string bytes;
    std::string brotli;  // empty: there is none
    std::string gzip;
  };

  std::vector<File> files_;
  std::string etag_;
};

}  // namespace belfry::http
