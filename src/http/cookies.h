// Cookies (RFC 6265). Pure functions, any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::http {

/// The value of the first cookie with that name in a `Cookie` header, without the quotes around it.
std::optional<std::string> cookie_value(std::string_view cookie_header, std::string_view name);

enum class SameSite { none, lax, strict };

/// What a `Set-Cookie` header says beside name and value.
struct CookieOptions {
  std::string path = "/";
  std::optional<std::chrono::seconds> max_age =
      std::nullopt;  ///< absent: until the browser ends; 0 deletes it
  SameSite same_site = SameSite::lax;
  bool http_only = true;
  bool secure = true;  ///< browsers refuse `SameSite=None` without it
};

/// The value of a `Set-Cookie` header. Nothing if name, value or path holds what a cookie cannot hold.
std::optional<std::string> set_cookie(std::string_view name, std::string_view value,
                                      const CookieOptions& options);

}  // namespace belfry::http
