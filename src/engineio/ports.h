// The few calls between Engine.IO, the connections below it and whatever is above it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/message.h"
#include "engineio/packet.h"

namespace belfry::engineio {

/// How a client speaks Engine.IO; its first request says it.
struct Dialect {
  bool v3 = false;      ///< version 3 of the protocol (Socket.IO 1 and 2), not 4
  bool base64 = false;  ///< of version 3: it cannot take binary data as it is
};

/// Why a session ended.
enum class CloseReason {
  transport_close,  ///< the client closed or lost the connection
  transport_error,  ///< the client broke a rule of the transport
  parse_error,      ///< the client sent what is no packet
  ping_timeout,     ///< no pong in time
  forced_close,     ///< this side closed it
  slow_consumer,    ///< more was waiting for the client than the bound allows
  server_shutdown,
  rate_limited,   ///< the client went on sending too fast, or met a bound that ends it
  events_missed,  ///< this server does not know what the client should have been told
};
inline constexpr std::size_t kCloseReasonCount = 9;

/// The words that Socket.IO uses for it.
std::string_view text_of(CloseReason reason);

/// A WebSocket connection, as a session sees it. Owned by its connection; a session that is done with it
/// calls `close` and does not touch it again, and a connection that ends tells the session
/// (`Session::on_websocket_closed`) first.
class WebSocketPort {
 public:
  virtual ~WebSocketPort() = default;
  /// Queues; what is queued in one turn of the loop leaves in one write.
  virtual void send(const MessageRef& message) = 0;
  virtual void send_packet(PacketType type, std::string_view data) = 0;
  /// Bytes queued and not yet taken by the kernel.
  virtual std::size_t queued_bytes() const = 0;
  /// Whether the kernel has refused bytes: a volatile event would have to wait.
  virtual bool congested() const = 0;
  /// Drops what has not begun to leave, because its client is too slow; returns how many bytes that were.
  virtual std::size_t discard() = 0;
  /// Reads nothing more of the client until it is told otherwise.
  virtual void pause(bool on) = 0;
  /// Sends what is queued and a close frame that says why, and ends the connection.
  virtual void close(CloseReason reason) = 0;
};

/// The answer to a polling request.
struct Answer {
  enum class Kind { payload, ok, refused };
  Kind kind = Kind::payload;
  std::string body;         ///< of `payload`
  bool compress = false;    ///< of `payload`: whether a packet in it asks for it
  std::string opened = {};  ///< of a handshake's answer: the id of the session
  bool binary = false;      ///< of `payload`: it is no text
};

/// An HTTP request that waits for its answer. Owned by its connection; answered exactly once, unless the
/// connection ends first (then `Session::on_poll_closed` or `on_post_closed` is called).
class PollPort {
 public:
  virtual ~PollPort() = default;
  virtual void answer(Answer answer) = 0;
};

/// What lies above a session. Owned by it.
class SessionHandler {
 public:
  virtual ~SessionHandler() = default;
  /// Called once, first. The session may end in it.
  virtual void on_open() {}
  /// `data` is valid during the call.
  virtual void on_message(bool binary, std::string_view data) = 0;
  /// What waited for the client was over the mark, and has fallen below half of it.
  virtual void on_drain() {}
  /// The client has sent something that carries no message: a ping, a pong.
  virtual void on_control() {}
  /// The server will end the session soon; its client had better come back after that time.
  virtual void on_end_announced(std::chrono::milliseconds /*come_back_in*/) {}
  /// Called once, last. The session cannot send any more.
  virtual void on_close(CloseReason reason) = 0;
};

}  // namespace belfry::engineio
