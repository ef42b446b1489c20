// The latest events of a namespace on one shard, for clients that come back and have missed some.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "belfry/adapter.h"
#include "belfry/payload.h"
#include "core/clock.h"
#include "core/message.h"

namespace belfry::socketio {

/// The number of an event in this process, or in a log that servers share (entry_id.h). Clients know it as
/// the event's offset.
using EventNumber = std::uint64_t;
/// Where in a shard's log an event stands. Positions grow, and are never used again.
using LogPosition = std::uint64_t;

std::string offset_text(EventNumber number);
/// Nothing where the text is no offset of ours.
std::optional<EventNumber> parse_offset(std::string_view text);
/// The payload with an offset as its last argument.
Payload with_offset(Payload payload, std::string_view offset);

/// An event that may have to be sent again. Its message is shared with everybody who has been sent it.
struct LoggedEvent {
  EventNumber number = 0;
  SharedMessage message;
  std::shared_ptr<const Target> target;

  /// Bytes that it counts for: its own and what it takes to keep it.
  std::size_t cost() const;
};

/// One a namespace and shard; lives there. Bounded in bytes and in time: the oldest go first.
class RecoveryLog {
 public:
  RecoveryLog(std::size_t max_bytes, milliseconds max_age) : max_bytes_(max_bytes), max_age_(max_age) {}

  LogPosition add(LoggedEvent event, TimePoint now);
  /// Forgets what is too old.
  void expire(TimePoint now);

  LogPosition begin() const { return begin_; }
  LogPosition end() const { return begin_ + events_.size(); }
  bool empty() const { return events_.empty(); }
  /// When the first of its events was added; only where there is one.
  TimePoint oldest() const { return events_.front().at; }
  std::size_t bytes() const { return bytes_; }
  const LoggedEvent& at(LogPosition position) const { return events_[position - begin_].event; }
  std::optional<LogPosition> find(EventNumber number) const;

 private:
  struct Entry {
    LoggedEvent event;
    TimePoint at;
  };
  void drop_first();

  const std::size_t max_bytes_;
  const milliseconds max_age_;
  std::deque<Entry> events_;
  std::unordered_map<EventNumber, LogPosition> positions_;
  LogPosition begin_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace belfry::socketio
