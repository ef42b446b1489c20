#include "http/client_files.h"

#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "http/compress.h"

namespace belfry::http {
namespace {

constexpr std::string_view kNames[] = {"socket.io.js",
                                       "socket.io.js.map",
                                       "socket.io.min.js",
                                       "socket.io.min.js.map",
                                       "socket.io.esm.min.js",
                                       "socket.io.esm.min.js.map",
                                       "socket.io.msgpack.min.js",
                                       "socket.io.msgpack.min.js.map"};

/// Empty where there is no such file, or a larger one.
std::string read(const std::filesystem::path& file) {
  std::error_code ec;
  const auto size = std::filesystem::file_size(file, ec);
  if (ec || size > ClientFiles::kMaxFileBytes) return {};
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The version that a bundle names in its first comment, `Socket.IO v4.8.3`; else a sum of its bytes.
std::string version_of(std::string_view bundle) {
  constexpr std::string_view kBefore = "Socket.IO v";
  const auto banner = bundle.substr(0, bundle.find("*/"));
  const auto at = banner.find(kBefore);
  if (at != std::string_view::npos) {
    const auto version = banner.substr(at + kBefore.size());
    const auto end = version.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz.-+");
    if (end != 0) return std::string(version.substr(0, end));
  }
  return std::to_string(
      crc32(0, reinterpret_cast<const Bytef*>(bundle.data()), static_cast<uInt>(bundle.size())));
}

bool has_version(std::string_view if_none_match, std::string_view etag) {
  return trim(if_none_match) == "*" || list_has_token(if_none_match, etag) ||
         list_has_token(if_none_match, "W/" + std::string(etag));
}

}  // namespace

Result<ClientFiles> ClientFiles::load(const std::filesystem::path& folder) {
  ClientFiles client;
  for (const std::string_view name : kNames) {
    std::string bytes = read(folder / name);
    if (bytes.empty()) continue;
    const std::string file(name);
    if (client.etag_.empty()) client.etag_ = '"' + version_of(bytes) + '"';
    client.files_.push_back(
        {file, std::move(bytes), read(folder / (file + ".br")), read(folder / (file + ".gz"))});
  }
  if (client.files_.empty()) {
    return fail(ErrorKind::invalid, folder.string() + " has none of the stock client's files");
  }
  return client;
}

std::vector<std::string> ClientFiles::names() const {
  std::vector<std::string> names;
  names.reserve(files_.size());
  for (const File& file : files_) names.push_back(file.name);
  return names;
}

Response ClientFiles::serve(const Request& request, std::string_view name) const {
  const auto file = std::ranges::find(files_, name, &File::name);
  if (file == files_.end()) return text(404, "Not Found");
  Response response;
  response.set("ETag", etag_);
  response.set("Cache-Control", "public, max-age=0");
  response.vary_by("Accept-Encoding");
  if (has_version(request.headers.find("if-none-match"), etag_)) {
    response.status = 304;
    return response;
  }
  response.set("Content-Type", name.ends_with(".map") ? "application/json; charset=utf-8"
                                                      : "application/javascript; charset=utf-8");
  const std::string_view accepted = request.headers.find("accept-encoding");
  const double brotli = file->brotli.empty() ? 0 : encoding_weight(accepted, "br");
  const double gzip = file->gzip.empty() ? 0 : encoding_weight(accepted, "gzip");
  if (brotli > 0 && brotli >= gzip) {
    response.set("Content-Encoding", "br");
    response.body = file->brotli;
  } else if (gzip > 0) {
    response.set("Content-Encoding", "gzip");
    response.body = file->gzip;
  } else {
    response.body = file->bytes;
  }
  return response;
}

}  // namespace belfry::http
