#include "core/json.h"

#include <algorithm>

namespace belfry {

Result<Value> parse_json(std::string_view text) {
  bool too_deep = false;
  const auto keep = [&too_deep](int depth, Value::parse_event_t, Value&) {
    too_deep |= depth >= kMaxJsonDepth;
    return !too_deep;
  };
  // The reader takes NUL for the end of the text, whatever follows.
  if (text.contains('\0')) return fail(ErrorKind::malformed, "not JSON");
  Value value = Value::parse(text, keep, /*allow_exceptions=*/false);
  if (too_deep) return fail(ErrorKind::malformed, "JSON is nested too deep");
  if (value.is_discarded()) return fail(ErrorKind::malformed, "not JSON");
  return value;
}

bool has_binary(const Value& value) {
  if (value.is_binary()) return true;
  return value.is_structured() && std::any_of(value.begin(), value.end(), has_binary);
}

}  // namespace belfry
