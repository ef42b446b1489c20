#include "socketio/recovery/log.h"

#include <charconv>

namespace belfry::socketio {

namespace {

// What the log itself takes for an event.
constexpr std::size_t kOverheadBytes = 192;

}  // namespace

std::string offset_text(EventNumber number) {
  return std::to_string(number);
}

std::optional<EventNumber> parse_offset(std::string_view text) {
  EventNumber number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Payload with_offset(Payload payload, EventNumber number) {
  payload.json.pop_back();
  payload.json.append(",\"").append(offset_text(number)).append("\"]");
  return payload;
}

std::size_t LoggedEvent::cost() const {
  return message->frames.size() + kOverheadBytes;
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
