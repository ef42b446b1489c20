#include "apps/common/json.h"

#include <simdjson.h>

#include <algorithm>

namespace belfry::apps {

namespace {

constexpr int kMaxDepth = 256;  // as for events

}  // namespace

bool has_binary(const Value& value) {
  if (value.is_binary()) return true;
  return value.is_structured() && std::any_of(value.begin(), value.end(), has_binary);
}

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

Result<Value> parse_json(std::string_view text) {
  bool too_deep = false;
  const auto keep = [&too_deep](int depth, Value::parse_event_t, Value&) {
    too_deep |= depth >= kMaxDepth;
    return !too_deep;
  };
  // The reader takes NUL for the end of the text, whatever follows.
  if (text.contains('\0')) return fail(ErrorKind::malformed, "not JSON");
  Value value = Value::parse(text, keep, /*allow_exceptions=*/false);
  if (too_deep) return fail(ErrorKind::malformed, "JSON is nested too deep");
  if (value.is_discarded()) return fail(ErrorKind::malformed, "not JSON");
  return value;
}

}  // namespace belfry::apps
