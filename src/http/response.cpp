#include "http/response.h"

#include <algorithm>
#include <utility>

namespace belfry::http {
namespace {

struct Phrase {
  int status;
  std::string_view text;
};

constexpr Phrase kPhrases[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

bool is_token_char(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kMarks.find(c) != std::string_view::npos;
}

bool is_value_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= ' ' && byte != 0x7f);
}

bool is_writable(const Header& field) {
  return !field.name.empty() && std::ranges::all_of(field.name, is_token_char) &&
         std::ranges::all_of(field.value, is_value_char) &&
         !equals_ignoring_case(field.name, "content-length") &&
         !equals_ignoring_case(field.name, "transfer-encoding");
}

bool allows_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

void write_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

Response with_body(int status, std::string body, std::string_view content_type) {
  Response response{.status = status, .body = std::move(body)};
  response.set("Content-Type", std::string(content_type));
  return response;
}

}  // namespace

std::string_view Response::find(std::string_view name) const {
  for (const Header& field : headers) {
    if (equals_ignoring_case(field.name, name)) return field.value;
  }
  return {};
}

void Response::set(std::string_view name, std::string value) {
  for (Header& field : headers) {
    if (!equals_ignoring_case(field.name, name)) continue;
    field.value = std::move(value);
    return;
  }
  add(name, std::move(value));
}

void Response::add(std::string_view name, std::string value) {
  headers.push_back({std::string(name), std::move(value)});
}

void Response::vary_by(std::string_view request_field) {
  const std::string_view known = find("vary");
  if (known == "*" || list_has_token(known, request_field)) return;
  set("Vary",
      known.empty() ? std::string(request_field) : std::string(known).append(", ").append(request_field));
}

Response text(int status, std::string body) {
  return with_body(status, std::move(body), "text/plain; charset=UTF-8");
}

Response json(int status, std::string body) {
  return with_body(status, std::move(body), "application/json");
}

std::string_view reason_phrase(int status) {
  const auto found = std::ranges::find(kPhrases, status, &Phrase::status);
  return found == std::end(kPhrases) ? std::string_view{} : found->text;
}

std::string serialize(const Response& response, bool keep_alive, unsigned version, bool head_only) {
  const bool has_body = allows_body(response.status);
  std::string out;
  out.reserve(256 + response.body.size());
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason_phrase(response.status)).append("\r\n");
  for (const Header& field : response.headers) {
    if (is_writable(field)) write_field(out, field.name, field.value);
  }
  if (has_body) write_field(out, "Content-Length", std::to_string(response.body.size()));
  if (keep_alive != (version >= 11) && response.find("connection").empty()) {
    write_field(out, "Connection", keep_alive ? "keep-alive" : "close");
  }
  out += "\r\n";
  if (has_body && !head_only) out += response.body;
  return out;
}

}  // namespace belfry::http
