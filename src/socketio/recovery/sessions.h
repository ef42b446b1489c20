// A namespace's part, on one shard, of connection state recovery: its log, and the sockets that may come
// back.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "belfry/options.h"
#include "core/ids.h"
#include "core/metrics.h"
#include "runtime/shard.h"
#include "socketio/handlers.h"
#include "socketio/recovery/log.h"
#include "socketio/recovery/session.h"

namespace belfry::socketio {

class LocalNamespace;

/// What has been counted, over the namespaces of one shard. Any thread may read it.
struct RecoveryMetrics {
  Tally dormant;  // sessions whose client may come back, now
  Tally recovered;
  Tally refused;  // their client came, but the session or what it has missed was not to be had
};

/// A private id is the id of the session's socket, and a secret of that size.
inline constexpr std::size_t kPidSize = 2 * kSidSize;
/// The id of a session's socket, which the private id begins with.
std::string_view session_id_of(std::string_view pid);

/// A client's wish to go on with a session.
struct Claim {
  std::string pid;
  std::optional<EventNumber> offset;  // of the last event that it has got
  std::uint64_t token = 0;            // one of all claims; a later one takes the session from an earlier
};

/// A session that is claimed: what its new socket begins with.
struct ClaimedSession {
  unsigned shard = 0;  // that has it
  std::string id;
  std::vector<std::string> rooms;
  Value data;
};

/// The rest of it, when the new socket stands ready.
struct Handover {
  std::vector<std::string> rooms;
  std::vector<LoggedEvent> missed;
  KeptReplies replies;
};

/// What a socket begins with that has taken a session over.
struct Settled {
  std::vector<LoggedEvent> missed;
  bool disconnected = false;  // by the application, while it was being taken over
};

/// Owned by its namespace. A socket whose connection is lost stays here, in its rooms, until its client comes
/// back or time is up; operations on rooms reach it, events are logged for it.
class NamespaceRecovery {
 public:
  /// `on_unused`: nothing is left here.
  NamespaceRecovery(LocalNamespace& nsp, runtime::Shard& shard, const RecoveryOptions& options,
                    milliseconds log_age, std::size_t max_missed_bytes, RecoveryMetrics& metrics,
                    std::function<void()> on_unused);
  ~NamespaceRecovery();

  const RecoveryLog& log() const { return log_; }
  const RecoveryOptions& options() const { return options_; }
  bool unused() const { return dormant_.empty(); }

  LogPosition add(LoggedEvent event);
  /// A socket is in the namespace, with what it was sent at once. `base`, `born`: see RecoverableSession.
  void begin(SocketCore& socket, std::optional<EventNumber> base, std::vector<LoggedEvent> inherited,
             EventNumber born = 0);
  /// A socket has lost its connection.
  void suspend(SocketPtr socket);

  /// Somebody stands ready to go on with that session: its rooms are joined, and what happens to them noted.
  void expect(SocketCore& socket, const std::vector<std::string>& rooms);
  /// The end of that: it has the rooms that it had, but for what has happened meanwhile. What it has missed
  /// is what the handover brings, and what has been logged here since `expect`.
  Settled settle(SocketCore& socket, const Handover& handover);
  /// Nobody stands ready any more.
  void give_up(SocketCore& socket);

  /// On the shard that has the session. Ends the older connection, if it still stands.
  std::optional<ClaimedSession> claim(const Claim& claim);
  /// Gives the session away; nothing where another claim has it, or the log no longer has what was missed.
  std::optional<Handover> hand_over(const Claim& claim);
  /// The claim came to nothing: the session waits again, or (not `keep`) is over.
  void release(const Claim& claim, bool keep);

  // Sockets that are in rooms, but in no connection.

  /// Those of that id.
  template <class Visit>
  void each_of(std::string_view id, Visit visit) const {
    if (const auto it = dormant_.find(id); it != dormant_.end()) visit(*it->second.socket);
    for (const auto& expected : expected_) {
      if (expected.is(id)) visit(*expected.socket);
    }
  }
  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [id, entry] : dormant_) visit(*entry.socket);
    for (const auto& expected : expected_) visit(*expected.socket);
  }
  /// An operation on its rooms is done here, whether it changes them or not.
  void on_rooms_told(const SocketCore& socket, std::string_view room);
  /// An answer that comes before what it was asked: whether the socket is expected here, and gets it then.
  bool on_answer(const SocketCore& socket, std::uint64_t id, const Payload& payload);
  /// The application has ended it.
  void disconnect(SocketCore& socket);

 private:
  struct Dormant {
    SocketPtr socket;
    TimePoint deadline;
    std::uint64_t token = 0;  // of the claim that has it
  };
  struct Expected {
    SocketCore* socket;
    LogPosition since;
    std::vector<std::string> own_rooms;  // that it has joined by itself
    std::vector<std::string> told = {};  // rooms that operations have meant since then
    std::vector<std::pair<std::uint64_t, Payload>> answers = {};
    bool disconnected = false;
    bool is(std::string_view id) const;
  };

  void forget(std::string_view id);
  void settle_rooms(SocketCore& socket, const Expected& expected, const std::vector<std::string>& rooms);
  void add_deadline(std::string_view id, Dormant& dormant);
  void arm();
  void sweep();

  LocalNamespace& nsp_;
  runtime::Shard& shard_;
  const RecoveryOptions& options_;
  const milliseconds log_age_;
  const std::size_t max_missed_bytes_;
  RecoveryMetrics& metrics_;
  const std::function<void()> on_unused_;
  RecoveryLog log_;
  std::optional<TimePoint> armed_;
  std::unordered_map<std::string_view, Dormant> dormant_;       // by id, a view into the socket's own
  std::deque<std::pair<TimePoint, std::string>> deadlines_;     // of dormant ones, in order
  std::deque<std::pair<TimePoint, std::string>> inheritances_;  // until when sockets keep theirs
  std::vector<Expected> expected_;
  runtime::Timer timer_;
};

}  // namespace belfry::socketio
