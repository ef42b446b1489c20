#include "net/jsonp.h"

#include <algorithm>

#include "belfry/value.h"
#include "http/query.h"

namespace belfry::net {

std::optional<std::string> jsonp_index(const http::Request& request) {
  auto index = http::query_value(request.query(), "j");
  if (index) std::erase_if(*index, [](char c) { return c < '0' || c > '9'; });
  return index;
}

std::string to_jsonp(std::string_view index, std::string_view payload) {
  // ASCII alone: JSON may hold line separators that a script may not.
  const std::string text = Value(payload).dump(-1, ' ', true, Value::error_handler_t::replace);
  return "___eio[" + std::string(index) + "](" + text + ");";
}

// Forms change line breaks, so the client sends them as `\n`, and what was `\n` as `\\n`.
std::string from_jsonp(std::string_view form) {
  const std::string data = http::query_value(form, "d").value_or("");
  std::string payload;
  for (std::string_view rest = data; !rest.empty();) {
    if (rest.starts_with("\\\\n")) {
      payload += "\\n";
      rest.remove_prefix(3);
    } else if (rest.starts_with("\\n")) {
      payload += '\n';
      rest.remove_prefix(2);
    } else {
      payload += rest.front();
      rest.remove_prefix(1);
    }
  }
  return payload;
}

}  // namespace belfry::net
