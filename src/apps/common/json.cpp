#include "apps/common/json.h"

#include <simdjson.h>

#include <algorithm>

namespace belfry::apps {

std::size_t count_characters(std::string_view text) {
  // Every code point has one byte that does not continue another.
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

Result<void> check_cursor(std::string_view before) {
  constexpr std::size_t kUuidChars = 36;
  const bool shaped = before.size() == kUuidChars && std::ranges::all_of(before, [](char c) {
                        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
                      });
  if (!before.empty() && !shaped) return fail_field("before", "must be a cursor");
  return {};
}

Result<void> check_user_id(const std::string& field, std::string_view id) {
  constexpr std::size_t kMaxBytes = 255;
  const bool printable = std::ranges::none_of(id, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  const bool good = printable && simdjson::validate_utf8(id.data(), id.size());
  if (id.empty() || id.size() > kMaxBytes || !good) return fail_field(field, "must be a user id");
  return {};
}

Result<void> check_text(const std::string& field, std::string_view text, std::size_t max) {
  if (is_blank(text)) return fail_field(field, "must not be empty");
  if (count_characters(text) > max) {
    return fail_field(field, "longer than " + std::to_string(max) + " characters");
  }
  return {};
}

std::size_t document_bytes(const Value& value) {
  return value.dump(-1, ' ', false, Value::error_handler_t::replace).size();
}

Result<void> check_document(const std::string& field, const Value& value, std::size_t max_bytes) {
  if (has_binary(value)) return fail_field(field, "must hold no binary data");
  if (document_bytes(value) > max_bytes) {
    return fail_field(field, "larger than " + std::to_string(max_bytes) + " bytes");
  }
  return {};
}

}  // namespace belfry::apps
