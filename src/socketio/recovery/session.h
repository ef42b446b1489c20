// What of one socket can be recovered: which events were for it, and what it was answered.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socketio/recovery/log.h"
#include "socketio/recovery/replies.h"
#include "socketio/recovery/stays.h"

namespace belfry::socketio {

/// Where a session is in a log that servers share. 0 where that is not known yet: what comes next tells.
struct SharedPlace {
  EventNumber begin = 0;  // of the session: what stands before was not for it
  EventNumber next = 0;   // over the present connection: what stands before is not sent to it
};

/// Belongs to a socket, on its shard, from the first connection of a session to the last. Knows in which
/// rooms the socket was when an event was sent, so that nothing of before it came or after it went is sent
/// again.
class RecoverableSession {
 public:
  RecoverableSession(std::string id, std::string pid, KeptReplies replies)
      : pid_(std::move(pid)), stays_(std::move(id)), replies_(std::move(replies)) {}

  const std::string& pid() const { return pid_; }
  KeptReplies& replies() { return replies_; }
  Stays& stays() { return stays_; }
  SharedPlace& shared() { return shared_; }
  void on_join(std::string_view room, LogPosition now) { stays_.on_join(room, std::max(now, shared_.next)); }
  void on_leave(std::string_view room, LogPosition now) {
    stays_.on_leave(room, std::max(now, shared_.next));
  }

  /// It has been admitted: what is logged from here on may be for it. `base`: the offset that its client came
  /// with, if any; `inherited`: what it was sent at once, from the logs of its connections before; `born`:
  /// the number of the next event, where its session is new.
  void begin(LogPosition now, std::optional<EventNumber> base, std::vector<LoggedEvent> inherited,
             EventNumber born = 0);
  /// The event at that position was sent to it.
  void on_sent(LogPosition position, EventNumber number) {
    if (first_sent_ == kNever) first_sent_ = position;
    last_sent_ = number;
  }
  /// Its connection has ended.
  void end(LogPosition now) {
    ended_ = now;
    replies_.on_connection_lost();
  }
  /// Its client has got them for sure.
  void forget_inherited();

  /// The events that its client has not got, if `offset` is the last that it has; nothing where the log does
  /// not reach back so far, or where they take more than `max_bytes`.
  std::optional<std::vector<LoggedEvent>> missed(const RecoveryLog& log, std::optional<EventNumber> offset,
                                                 std::size_t max_bytes) const;
  /// Appends the events of the log from a position on that were for it.
  void collect(const RecoveryLog& log, LogPosition from, std::vector<LoggedEvent>& out) const;

 private:
  static constexpr LogPosition kNever = Stays::kNever;

  const std::string pid_;
  Stays stays_;
  KeptReplies replies_;
  SharedPlace shared_;
  std::optional<EventNumber> base_;
  EventNumber born_ = 0;
  std::vector<LoggedEvent> inherited_;
  LogPosition start_ = 0;
  LogPosition first_sent_ = kNever;  // over the present connection
  std::optional<EventNumber> last_sent_;
  LogPosition ended_ = kNever;
};

}  // namespace belfry::socketio
