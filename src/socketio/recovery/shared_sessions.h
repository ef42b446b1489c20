// Sessions that every server of a cluster can go on with: what an adapter with a log that servers share
// offers.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "belfry/adapter.h"
#include "belfry/payload.h"
#include "belfry/value.h"
#include "socketio/recovery/stays.h"

namespace belfry::socketio {

/// Private ids of other servers are short.
inline constexpr std::size_t kMaxSharedPidSize = 128;

/// How far a shard has got in the shared log with one namespace. 0 where nothing has come yet.
class LogPlace {
 public:
  void on_event(EventNumber entry) {
    if (first_ == 0) first_ = entry;
    last_ = entry;
  }
  /// An event went out that is in no log: who has not got one from here on may have missed it.
  void on_unlogged() {
    has_gap_ = true;
    gap_ = next();
  }
  /// What comes from now on stands here or later.
  EventNumber next() const { return last_ == 0 ? 0 : last_ + 1; }
  /// The same for a `next()` of before, which was told when it was not known.
  EventNumber known(EventNumber before) const { return before == 0 ? first_ : before; }
  EventNumber gap() const { return has_gap_ ? known(gap_) : 0; }

 private:
  EventNumber first_ = 0;
  EventNumber last_ = 0;
  EventNumber gap_ = 0;
  bool has_gap_ = false;
};

/// A session whose client is away. A value.
struct SharedSession {
  std::string pid;
  Stays stays;  // positions are numbers of entries
  Value data;
  // What servers that are not ours leave out:
  EventNumber begin = 1;  // entries before were not for it
  EventNumber gap = 0;    // whose client has no later offset may have missed an event that is in no log
  EventNumber at = 0;  // its rooms are those of then: what the log says of rooms from here on is to be done
};

/// An event that a client has missed.
struct MissedEvent {
  EventNumber entry = 0;
  Payload payload;
  EmitFlags flags;
};

/// What a session has come to meanwhile.
struct CaughtUp {
  Stays stays;
  std::vector<MissedEvent> missed;
  EventNumber passed = 0;  // the last entry that has been looked at
};

/// Any thread; each `done` is called once, in time, on the shard that is named.
class SharedSessions {
 public:
  virtual ~SharedSessions() = default;

  /// Keeps a session for as long as it may wait for its client.
  virtual void keep(const std::string& nsp, const SharedSession& session) = 0;
  /// Takes the session, which nobody else gets then; nothing where there is none, it has missed too much, or
  /// nobody can tell. `offset` is of the last event that its client has got.
  virtual void claim(const std::string& nsp, const std::string& pid, EventNumber offset, unsigned shard,
                     std::function<void(std::optional<SharedSession>)> done) = 0;
  /// Reads on from the offset to the end. When `done` is called the shard has done nothing of the namespace
  /// that stands behind `passed`, and will do all of that. Nothing where `max_bytes` of events do not
  /// suffice, the session is over, or nobody can tell.
  virtual void catch_up(const std::string& nsp, SharedSession session, EventNumber offset,
                        std::size_t max_bytes, unsigned shard,
                        std::function<void(std::optional<CaughtUp>)> done) = 0;
};

}  // namespace belfry::socketio
