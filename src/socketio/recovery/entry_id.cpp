#include "socketio/recovery/entry_id.h"

#include <charconv>

namespace belfry::socketio {

namespace {

constexpr unsigned kSequenceBits = 22;
constexpr EventNumber kSequences = EventNumber{1} << kSequenceBits;
constexpr EventNumber kMilliseconds = EventNumber{1} << (64 - kSequenceBits);

std::optional<EventNumber> parse_below(std::string_view text, EventNumber bound) {
  EventNumber number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number >= bound) return std::nullopt;
  return number;
}

}  // namespace

std::optional<EventNumber> parse_entry_id(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == text.npos) return std::nullopt;
  const auto time_ms = parse_below(text.substr(0, dash), kMilliseconds);
  const auto sequence = parse_below(text.substr(dash + 1), kSequences);
  if (!time_ms || !sequence || (*time_ms == 0 && *sequence == 0)) return std::nullopt;
  return *time_ms << kSequenceBits | *sequence;
}

std::string entry_id_text(EventNumber entry) {
  return std::to_string(entry >> kSequenceBits) + "-" + std::to_string(entry & (kSequences - 1));
}

}  // namespace belfry::socketio
