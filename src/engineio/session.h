// One Engine.IO session (protocol 4, or 3 where its client speaks that): the state machine between its
// transports and what lies above.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/intrusive_list.h"
#include "core/message_queue.h"
#include "engineio/handshake.h"
#include "engineio/ports.h"

namespace belfry::engineio {

class Engine;
struct HeartbeatTag;

enum class Transport : std::uint8_t { polling, websocket };

/// Lives on one shard, owned by its Engine, which destroys it at the end of the turn in which it ended:
/// within a turn a pointer to it stays valid.
class Session : public ListHook<HeartbeatTag> {
 public:
  Session(Engine& engine, std::string sid, Transport transport, std::shared_ptr<const Handshake> handshake,
          Dialect dialect);
  ~Session();

  const std::string& sid() const { return sid_; }
  const std::shared_ptr<const Handshake>& handshake() const { return handshake_; }
  Transport transport() const { return transport_; }
  Dialect dialect() const { return dialect_; }
  bool open() const { return state_ == State::open; }

  // For what lies above.

  /// Sends a message, in order. Never calls back: a session that is over its bound ends at the end of the
  /// turn.
  void send(const MessageRef& message);
  /// Whether a message would leave at once; a volatile one is dropped otherwise.
  bool writable() const;
  /// Counts a message that was dropped because it would not.
  void count_dropped();
  /// What waits for the client.
  std::size_t buffered_bytes() const;
  /// Whether what the client sends has to wait: its WebSocket is not read, its POST not answered, and its
  /// heartbeats, which wait too, are not missed. What has arrived already is still handed on.
  void hold(bool on);
  /// Holds it until its end, which is near.
  void stop_reading();
  /// Tells what lies above that the server will end the session soon, and when the client may come back.
  void announce_end(milliseconds come_back_in);
  /// Ends the session; what was sent before still reaches the client.
  void close(CloseReason reason);
  /// Ends the session at once, because its client broke the protocol.
  void fail(CloseReason reason) { end(reason, State::closed); }

  /// Something that is counted for this session as long as it lives.
  void keep(std::shared_ptr<const void> lease) { lease_ = std::move(lease); }

  // For the connections below. Those of one session are on its shard.

  /// A GET. Takes the port until it is answered.
  void on_poll(PollPort& port);
  /// The head of a POST; false: it overlaps another, the session has ended, and the request is to be refused.
  bool on_post_begin(PollPort& port);
  /// Its whole body; `binary`: sent as bytes, not as text. Answers the port.
  void on_post_body(PollPort& port, std::string_view body, bool binary = false);
  /// The POST was refused by its connection (too large, not HTTP); the session goes on.
  void on_post_dropped() { post_ = nullptr; }
  /// The connection of a waiting request has ended.
  void on_request_lost(PollPort& port);
  /// A WebSocket for this session; false: it is not welcome.
  bool on_probe(WebSocketPort& port);
  /// A message over a WebSocket, the session's own or a probing one.
  void on_frame(WebSocketPort& port, bool binary, std::string_view data);
  /// What waited at the WebSocket was over the mark, and has fallen below half of it.
  void on_drained();
  /// A ping or pong of the WebSocket itself.
  void on_control();
  /// The WebSocket has ended, or has broken its protocol.
  void on_websocket_closed(WebSocketPort& port, CloseReason reason);

 private:
  friend class Engine;
  enum class State : std::uint8_t { open, lingering /* closed; a poll may still fetch the rest */, closed };
  enum class Probe : std::uint8_t { none, opened, answered };

  void start(WebSocketPort* websocket, PollPort* poll);
  template <class Reader>
  bool read_payload(Reader reader);
  void on_packet(PacketType type, bool binary, std::string_view data);
  void answer_ping();
  void on_frame_v3(bool binary, std::string_view data);
  void on_probe_frame(bool binary, std::string_view data);
  void upgrade();
  void drop_probe();
  void on_pong_missed();
  void send_ping();
  void send_packet(PacketType type);
  bool is_too_much(std::size_t waiting, std::size_t newest) const;
  void on_waiting(std::size_t newest);
  void flush_poll();
  Answer payload() const;
  void answer_poll(PacketType packet);
  void on_wake(TimePoint now);
  void discard();
  void end(CloseReason reason, State next);
  void finish(CloseReason reason);

  Engine& engine_;
  const std::string sid_;
  const std::shared_ptr<const Handshake> handshake_;
  std::unique_ptr<SessionHandler> handler_;
  WebSocketPort* websocket_ = nullptr;  // the transport, after an upgrade or from the start
  WebSocketPort* probing_ = nullptr;    // a WebSocket that is not the transport yet
  PollPort* poll_ = nullptr;            // the GET that waits
  PollPort* post_ = nullptr;            // the POST whose body is being read
  MessageQueue waiting_;                // for a GET; empty over WebSocket
  std::shared_ptr<const void> lease_;
  TimePoint beat_deadline_{};  // of the next ping, or of the pong that is due
  TimePoint wake_deadline_{};  // of the timer that probing or lingering needs
  TimePoint probe_deadline_{};
  State state_ = State::open;
  Probe probe_ = Probe::none;
  Transport transport_;
  const Dialect dialect_;
  std::uint16_t unread_pongs_ = 0;  // sent since the WebSocket has last taken all
  bool pong_due_ = false;
  bool held_ = false;
  bool held_for_good_ = false;
  bool post_handled_ = false;  // and only its answer waits for the end of the hold
  bool dirty_ = false;         // in the engine's list of sessions to flush
  bool rest_ = false;          // lingering: messages go before the close packet
  bool overflowed_ = false;    // to be ended at the end of the turn
  bool over_mark_ = false;     // what waits for a GET was over the mark
};

}  // namespace belfry::engineio
