// Looking at JSON that a client sent.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "belfry/result.h"
#include "belfry/value.h"
#include "core/json.h"

namespace belfry::apps {

/// Characters as people count them nearly: Unicode code points of UTF-8 text.
std::size_t count_characters(std::string_view text);
/// Whether there is nothing in it but ASCII white space.
bool is_blank(std::string_view text);

/// What is wrong with a field, or nothing: the checks that many events and routes share.

/// An id that a user may have: 1 to 255 bytes, no control characters.
Result<void> check_user_id(const std::string& field, std::string_view id);
/// Text of 1 to `max` characters, with something in it.
Result<void> check_text(const std::string& field, std::string_view text, std::size_t max);
/// How large a value is as JSON text, nearly: binary data counts for more than it is.
std::size_t document_bytes(const Value& value);
/// JSON without binary data, of at most `max_bytes` as text.
Result<void> check_document(const std::string& field, const Value& value, std::size_t max_bytes);

/// What is wrong where a field is not there.
inline Error is_required(const std::string& field) {
  return {.kind = ErrorKind::invalid, .message = "is required", .field = field};
}

/// Where a list goes on: the id of the last that was seen, or nothing.
Result<void> check_cursor(std::string_view before);

/// Text or null, as JSON has it.
template <class T>
Value json_or_null(const std::optional<T>& value) {
  return value ? Value(*value) : Value(nullptr);
}

}  // namespace belfry::apps
