#include "http/static_files.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <system_error>

namespace belfry::http {
namespace {

namespace fs = std::filesystem;

struct ContentType {
  std::string_view extension;
  std::string_view type;
};

constexpr ContentType kContentTypes[] = {
    {".html", "text/html; charset=UTF-8"},
    {".css", "text/css; charset=UTF-8"},
    {".js", "text/javascript; charset=UTF-8"},
    {".mjs", "text/javascript; charset=UTF-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".txt", "text/plain; charset=UTF-8"},
    {".md", "text/markdown; charset=UTF-8"},
    {".xml", "application/xml"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},
    {".webp", "image/webp"},
    {".avif", "image/avif"},
    {".ico", "image/x-icon"},
    {".woff", "font/woff"},
    {".woff2", "font/woff2"},
    {".ttf", "font/ttf"},
    {".wasm", "application/wasm"},
    {".pdf", "application/pdf"},
    {".mp3", "audio/mpeg"},
    {".ogg", "audio/ogg"},
    {".wav", "audio/wav"},
    {".mp4", "video/mp4"},
    {".webm", "video/webm"},
};

Response not_found() {
  return text(404, "Not Found");
}

/// Whether the path names something below the root by itself: no `.`, `..` or hidden segment, no NUL, no
/// backslash.
bool is_plain_path(std::string_view path) {
  if (path.starts_with('/') || path.find('\\') != std::string_view::npos) return false;
  if (path.find('\0') != std::string_view::npos) return false;
  return !path.starts_with('.') && path.find("/.") == std::string_view::npos;
}

bool is_below(const fs::path& root, const fs::path& file) {
  return std::mismatch(root.begin(), root.end(), file.begin(), file.end()).first == root.end();
}

void append_hex(std::string& out, std::uint64_t value) {
  char digits[16];
  const auto [end, ec] = std::to_chars(std::begin(digits), std::end(digits), value, 16);
  out.append(digits, end);
}

/// A validator of size and time of change; weak, as a file may change twice within the clock's step.
std::string make_etag(std::uintmax_t size, fs::file_time_type changed) {
  std::string etag = "W/\"";
  append_hex(etag, size);
  etag += '-';
  append_hex(etag, static_cast<std::uint64_t>(changed.time_since_epoch().count()));
  return etag += '"';
}

bool has_etag(std::string_view if_none_match, std::string_view etag) {
  constexpr std::string_view kWeak = "W/";
  return trim(if_none_match) == "*" || list_has_token(if_none_match, etag) ||
         list_has_token(if_none_match, etag.substr(kWeak.size()));
}

/// The file's bytes. Nothing if it is not of that size any more.
std::optional<std::string> read_file(const fs::path& file, std::size_t size) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes(size, '\0');
  if (!in.read(bytes.data(), static_cast<std::streamsize>(size))) return std::nullopt;
  return bytes;
}

/// Sends the browser from `…/name` to `…/name/`, so that relative links in the index hold.
Response redirect_to_directory(const Request& request) {
  const std::string_view path = request.path();
  Response response = text(308, "Permanent Redirect");
  response.set("Location", "./" + std::string(path.substr(path.rfind('/') + 1)) + "/");
  return response;
}

}  // namespace

std::string_view content_type_of(std::string_view file_name) {
  const auto dot = file_name.rfind('.');
  const std::string extension =
      dot == std::string_view::npos ? std::string() : lower_case(file_name.substr(dot));
  const auto found = std::ranges::find(kContentTypes, extension, &ContentType::extension);
  return found == std::end(kContentTypes) ? std::string_view("application/octet-stream") : found->type;
}

StaticFiles::StaticFiles(const fs::path& root, std::size_t max_file_bytes) : max_file_bytes_(max_file_bytes) {
  std::error_code ec;
  root_ = fs::canonical(root, ec);
  if (ec) root_.clear();
}

Response StaticFiles::serve(const Request& request, std::string_view path) const {
  if (request.method != "GET" && request.method != "HEAD") {
    Response response = text(405, "Method Not Allowed");
    response.set("Allow", "GET, HEAD");
    return response;
  }
  if (root_.empty() || !is_plain_path(path)) return not_found();
  std::error_code ec;
  fs::path file = fs::canonical(root_ / path, ec);
  if (ec || !is_below(root_, file)) return not_found();
  if (fs::is_directory(file, ec)) {
    file = fs::canonical(file / "index.html", ec);
    if (ec || !is_below(root_, file)) return not_found();
    if (!request.path().ends_with('/')) return redirect_to_directory(request);
  } else if (path.ends_with('/')) {
    return not_found();
  }
  return serve_file(request, file);
}

Response StaticFiles::serve_file(const Request& request, const fs::path& file) const {
  std::error_code ec;
  if (!fs::is_regular_file(file, ec)) return not_found();
  const std::uintmax_t size = fs::file_size(file, ec);
  if (ec || size > max_file_bytes_) return not_found();
  const auto changed = fs::last_write_time(file, ec);
  if (ec) return not_found();

  Response response;
  const std::string etag = make_etag(size, changed);
  response.set("ETag", etag);
  response.set("Cache-Control", "public, max-age=0");
  if (has_etag(request.headers.find("if-none-match"), etag)) {
    response.status = 304;
    return response;
  }
  auto bytes = read_file(file, static_cast<std::size_t>(size));
  if (!bytes) return not_found();
  response.body = std::move(*bytes);
  response.set("Content-Type", std::string(content_type_of(file.filename().string())));
  response.set("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace belfry::http
