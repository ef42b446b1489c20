// The few calls between Engine.IO, the connections below it and whatever is above it.
#pragma once

#include <string>
#include <string_view>

#include "core/message.h"
#include "engineio/packet.h"

namespace belfry::engineio {

/// Why a session ended.
enum class CloseReason {
  transport_close,  ///< the client closed or lost the connection
  transport_error,  ///< the client broke a rule of the transport
  parse_error,      ///< the client sent what is no packet
  ping_timeout,     ///< no pong in time
  forced_close,     ///< this side closed it
  slow_consumer,    ///< more was waiting for the client than the bound allows
  server_shutdown,
  rate_limited,  ///< the client went on sending too fast, or met a bound that ends it
};
inline constexpr std::size_t kCloseReasonCount = 8;

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
  /// Reads nothing more of the client until it is told otherwise.
  virtual void pause(bool on) = 0;
  /// Sends what is queued and a close frame that says why, and ends the connection.
  virtual void close(CloseReason reason) = 0;
};

/// The answer to a polling request.
struct Answer {
  enum class Kind { payload, ok, refused };
  Kind kind = Kind::payload;
  std::string body;       ///< of `payload`
  bool compress = false;  ///< of `payload`: whether a packet in it asks for it
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
  /// `data` is valid during the call.
  virtual void on_message(bool binary, std::string_view data) = 0;
  /// The client has sent something that carries no message: a ping, a pong.
  virtual void on_control() {}
  /// Called once, last. The session cannot send any more.
  virtual void on_close(CloseReason reason) = 0;
};

}  // namespace belfry::engineio
