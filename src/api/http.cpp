#include "belfry/http.h"

namespace belfry {

std::optional<std::string_view> HttpRequest::find(const NameValues& list, std::string_view name) {
  for (const auto& [key, value] : list) {
    if (key == name) return value;
  }
  return std::nullopt;
}

HttpResponse HttpResponse::json(int status, const Value& body) {
  return {status,
          {{"Content-Type", "application/json"}},
          body.dump(-1, ' ', false, Value::error_handler_t::replace)};
}

HttpResponse HttpResponse::text(int status, std::string body) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body)};
}

}  // namespace belfry
