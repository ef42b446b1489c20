#include "http/cookies.h"

#include <algorithm>

#include "http/headers.h"

namespace belfry::http {
namespace {

bool is_printable(char c) {
  return c > ' ' && c < '\x7f';
}

bool is_name_char(char c) {
  return is_printable(c) && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
}

bool is_value_char(char c) {
  return is_printable(c) && std::string_view("\",;\\").find(c) == std::string_view::npos;
}

bool is_path_char(char c) {
  return c != ';' && (is_printable(c) || c == ' ');
}

std::string_view unquote(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return value;
  return value.substr(1, value.size() - 2);
}

std::string_view name_of(SameSite same_site) {
  switch (same_site) {
    case SameSite::none:
      return "None";
    case SameSite::lax:
      return "Lax";
    case SameSite::strict:
      break;
  }
  return "Strict";
}

}  // namespace

std::optional<std::string> cookie_value(std::string_view cookie_header, std::string_view name) {
  while (!cookie_header.empty()) {
    const auto part = cookie_header.substr(0, cookie_header.find(';'));
    cookie_header.remove_prefix(std::min(part.size() + 1, cookie_header.size()));
    const auto equals = part.find('=');
    if (equals != std::string_view::npos && trim(part.substr(0, equals)) == name) {
      return std::string(unquote(trim(part.substr(equals + 1))));
    }
  }
  return std::nullopt;
}

std::optional<std::string> set_cookie(std::string_view name, std::string_view value,
                                      const CookieOptions& options) {
  if (name.empty() || !std::ranges::all_of(name, is_name_char) ||
      !std::ranges::all_of(value, is_value_char) || !std::ranges::all_of(options.path, is_path_char)) {
    return std::nullopt;
  }
  std::string out(name);
  out.append("=").append(value);
  if (!options.path.empty()) out.append("; Path=").append(options.path);
  if (options.max_age) out.append("; Max-Age=").append(std::to_string(options.max_age->count()));
  if (options.http_only) out += "; HttpOnly";
  if (options.secure) out += "; Secure";
  out.append("; SameSite=").append(name_of(options.same_site));
  return out;
}

}  // namespace belfry::http
