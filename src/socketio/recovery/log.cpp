#include "socketio/recovery/log.h"

#include <charconv>

namespace belfry::socketio {

namespace {

// What the log itself takes for an event.
constexpr std::size_t kOverheadBytes = 192;

// Clients take the last argument of every event for an offset, where it is a string: of a volatile event, it
// is one of the application's. Those should be told from offsets.
constexpr std::string_view kOffsetMark = "o:";

}  // namespace

std::string offset_text(EventNumber number) {
  return std::string(kOffsetMark) + std::to_string(number);
}

std::optional<EventNumber> parse_offset(std::string_view text) {
  if (!text.starts_with(kOffsetMark)) return std::nullopt;
  text.remove_prefix(kOffsetMark.size());
  EventNumber number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Payload with_offset(Payload payload, std::string_view offset) {
  payload.json.pop_back();
  payload.json.append(",\"").append(offset).append("\"]");
  return payload;
}

std::size_t LoggedEvent::cost() const {
  std::size_t bytes = message->frames.size() + kOverheadBytes;
  for (const auto* names : {&target->rooms, &target->except}) {
    for (const auto& name : *names) bytes += sizeof(name) + name.size();
  }
  return bytes;
}

LogPosition RecoveryLog::add(LoggedEvent event, TimePoint now) {
  expire(now);
  const LogPosition position = end();
  bytes_ += event.cost();
  positions_.emplace(event.number, position);
  events_.push_back({std::move(event), now});
  while (bytes_ > max_bytes_ && !events_.empty()) drop_first();
  return position;
}

void RecoveryLog::expire(TimePoint now) {
  while (!events_.empty() && later(events_.front().at, max_age_) < now) drop_first();
}

std::optional<LogPosition> RecoveryLog::find(EventNumber number) const {
  const auto it = positions_.find(number);
  if (it == positions_.end()) return std::nullopt;
  return it->second;
}

void RecoveryLog::drop_first() {
  const LoggedEvent& first = events_.front().event;
  bytes_ -= first.cost();
  positions_.erase(first.number);
  events_.pop_front();
  ++begin_;
}

}  // namespace belfry::socketio
