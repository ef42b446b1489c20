#include "http/request.h"

#include <algorithm>

namespace belfry::http {
namespace {

/// The target from its path on: the absolute form (`http://host/path`) is for proxies, but servers must take
/// it.
std::string_view origin_form(std::string_view target) {
  if (target.starts_with('/')) return target;
  const auto scheme = target.find("://");
  if (scheme == std::string_view::npos || target.find_first_of("/?") < scheme) return target;
  const auto authority = target.substr(scheme + 3);
  const auto path = authority.find_first_of("/?");
  return path == std::string_view::npos ? std::string_view("/") : authority.substr(path);
}

}  // namespace

std::string_view Request::path() const {
  const auto origin = origin_form(target);
  const auto path = origin.substr(0, origin.find_first_of("?#"));
  return path.empty() ? std::string_view("/") : path;
}

std::string_view Request::query() const {
  const auto origin = origin_form(target);
  const auto mark = origin.find('?');
  if (mark == std::string_view::npos) return {};
  const auto query = origin.substr(mark + 1);
  return query.substr(0, query.find('#'));
}

bool Request::upgrade() const {
  return version >= 11 && list_has_token(headers.find("connection"), "upgrade") &&
         list_has_token(headers.find("upgrade"), "websocket");
}

std::string Request::own_origin() const {
  return (secure ? "https://" : "http://") + std::string(headers.find("host"));
}

}  // namespace belfry::http
