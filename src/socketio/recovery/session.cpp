#include "socketio/recovery/session.h"

#include <algorithm>

namespace belfry::socketio {

void RecoverableSession::begin(LogPosition now, std::optional<EventNumber> base,
                               std::vector<LoggedEvent> inherited, EventNumber born) {
  start_ = now;
  base_ = base;
  born_ = born;
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
  } else if (const auto found = offset ? log.find(*offset) : std::nullopt; found && *found >= start_) {
    from = *found + 1;
  } else if (!offset || *offset >= born_) {
    return std::nullopt;
  }
  // Else the offset is of a session before this one, and nothing of this one has come: stock clients keep
  // the last that they got, also when they are told that they go on with no session.
  if (from < log.begin() || from < stays_.known_from()) return std::nullopt;
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
    if (stays_.was_meant(*event.target, at)) out.push_back(event);
  }
}

}  // namespace belfry::socketio
