#include "socketio/recovery/session.h"

#include <algorithm>

namespace belfry::socketio {

void RecoverableSession::on_join(std::string_view room, LogPosition now) {
  stays_.push_back({std::string(room), now, kNever});
}

void RecoverableSession::on_leave(std::string_view room, LogPosition now) {
  std::size_t ended = 0;
  for (Stay& stay : stays_) {
    if (stay.until != kNever) {
      ++ended;
    } else if (stay.room == room) {
      stay.until = now;
    }
  }
  if (ended < kMaxStays) return;
  const auto oldest = std::ranges::min_element(stays_, {}, &Stay::until);
  known_from_ = std::max(known_from_, oldest->until);
  stays_.erase(oldest);
}

void RecoverableSession::begin(LogPosition now, std::optional<EventNumber> base,
                               std::vector<LoggedEvent> inherited) {
  start_ = now;
  base_ = base;
  inherited_ = std::move(inherited);
}

void RecoverableSession::forget_inherited() {
  if (!inherited_.empty()) base_ = inherited_.back().number;
  inherited_ = {};
}

std::optional<std::vector<LoggedEvent>> RecoverableSession::missed(const RecoveryLog& log,
                                                                   std::optional<EventNumber> offset,
                                                                   std::size_t max_bytes) const {
  std::vector<LoggedEvent> events;
  // Where nothing was sent over the last connection, only what came after it can be missing.
  LogPosition from = first_sent_ != kNever ? first_sent_ : ended_;
  const auto last =
      std::ranges::find_if(inherited_, [offset](const LoggedEvent& event) { return event.number == offset; });
  if (last != inherited_.end()) {
    events.assign(last + 1, inherited_.end());
  } else if (offset == base_) {
    events = inherited_;
  } else if (last_sent_ && offset == last_sent_) {
    from = ended_;  // the log may have forgotten it
  } else {
    const auto position = offset ? log.find(*offset) : std::nullopt;
    if (!position || *position < start_) return std::nullopt;
    from = *position + 1;
  }
  if (from < log.begin() || from < known_from_) return std::nullopt;
  collect(log, from, events);
  std::size_t bytes = 0;
  for (const LoggedEvent& event : events) bytes += event.cost();
  if (bytes > max_bytes) return std::nullopt;
  return events;
}

void RecoverableSession::collect(const RecoveryLog& log, LogPosition from,
                                 std::vector<LoggedEvent>& out) const {
  for (LogPosition at = std::max(from, log.begin()); at < log.end(); ++at) {
    const LoggedEvent& event = log.at(at);
    if (was_for_it(*event.target, at)) out.push_back(event);
  }
}

bool RecoverableSession::was_in(std::string_view room, LogPosition at) const {
  if (room == id_) return true;
  return std::ranges::any_of(
      stays_, [&](const Stay& stay) { return stay.since <= at && at < stay.until && stay.room == room; });
}

bool RecoverableSession::was_for_it(const Target& target, LogPosition at) const {
  const auto in = [&](const std::string& room) { return was_in(room, at); };
  if (std::ranges::any_of(target.except, in)) return false;
  return target.rooms.empty() || std::ranges::any_of(target.rooms, in);
}

}  // namespace belfry::socketio
