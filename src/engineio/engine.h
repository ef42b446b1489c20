// The Engine.IO sessions of one path on one shard.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "core/intrusive_list.h"
#include "core/metrics.h"
#include "engineio/options.h"
#include "engineio/session.h"

namespace belfry::engineio {

/// Owns the sessions and their deadlines. One thread; time comes from the clock that it is given, so that a
/// test sets it.
class Engine {
 public:
  using OpenHandler = std::function<std::unique_ptr<SessionHandler>(Session&)>;
  using Clock = std::function<TimePoint()>;

  /// `shard` is written into every session id. `on_open` is called for each new session, after its open
  /// packet.
  Engine(const Options& options, std::uint8_t shard, Clock clock, OpenHandler on_open);
  ~Engine();

  const Options& options() const { return options_; }
  std::size_t size() const { return sessions_.size(); }

  /// A handshake. The port gets the open packet: by a poll's answer, or over the WebSocket.
  /// The session may have ended when this returns.
  Session& open_polling(std::shared_ptr<const Handshake> handshake, PollPort& port, Dialect dialect = {});
  Session& open_websocket(std::shared_ptr<const Handshake> handshake, WebSocketPort& port,
                          Dialect dialect = {}) {
    return open_websocket(std::move(handshake), port, dialect, make_sid());
  }
  /// `sid`: of `make_sid`, for who has to know it before.
  Session& open_websocket(std::shared_ptr<const Handshake> handshake, WebSocketPort& port, Dialect dialect,
                          std::string sid);
  /// An id for a session to be opened.
  std::string make_sid() const;
  /// The session of that id, open or lingering, or null.
  Session* find(std::string_view sid);

  /// Of all sessions.
  std::vector<std::string> sids() const;

  /// Does what is due: pings, time-outs.
  void tick();
  /// When `tick` is due next.
  std::optional<TimePoint> next_deadline() const;
  /// At the end of a turn: answers polls that have something to carry, and destroys sessions that have ended.
  void flush();
  /// Ends every session.
  void close_all(CloseReason reason);

  /// What has been counted. Any thread may read it.
  struct Metrics {
    Tally polling;  // sessions, now
    Tally websocket;
    Tally opened;
    std::array<Tally, kCloseReasonCount> closed;
    Tally messages_in;
    Tally messages_out;
    Tally dropped_volatile;  // messages that could not leave at once
    Tally coalesced;         // that waited for a poll, and that a newer one of their key has made needless
    Tally discarded_bytes;   // of clients that were too slow
    Histogram heartbeat;
  };
  const Metrics& metrics() const { return metrics_; }

 private:
  friend class Session;
  Session& open(std::unique_ptr<Session> owned, WebSocketPort* websocket, PollPort* poll);
  std::string open_packet(const Session& session) const;
  void beat(Session& session, bool pong_due);
  void wake_at(Session& session, TimePoint deadline);
  void mark_dirty(Session& session);
  void bury(Session& session);
  Tally& sessions_over(Transport transport) {
    return transport == Transport::websocket ? metrics_.websocket : metrics_.polling;
  }

  const Options options_;
  const std::uint8_t shard_;
  const Clock clock_;
  const OpenHandler on_open_;
  std::unordered_map<std::string_view, std::unique_ptr<Session>> sessions_;  // keyed by the session's own sid
  IntrusiveList<Session, HeartbeatTag> ping_due_;  // both in order of deadline: every session waits as long
  IntrusiveList<Session, HeartbeatTag> pong_due_;
  IntrusiveList<Session, HeartbeatTag> client_ping_due_;  // likewise, of those that speak version 3
  std::set<std::pair<TimePoint, Session*>> wakes_;        // the few sessions that probe or linger
  std::vector<Session*> dirty_;
  std::vector<std::unique_ptr<Session>> ended_;
  Metrics metrics_;
};

}  // namespace belfry::engineio
