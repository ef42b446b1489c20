// Reads a connection as a WebSocket, and is the WebSocket of an Engine.IO session.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engineio/ports.h"
#include "engineio/session.h"
#include "net/connection.h"
#include "net/deflate.h"
#include "websocket/reader.h"

namespace belfry::net {

/// The code of the close frame that ends a session for that reason.
websocket::CloseCode close_code_of(engineio::CloseReason reason);

/// Owned by its connection.
class WebSocketPump : public Pump, public engineio::WebSocketPort, private websocket::Sink {
 public:
  /// `deflate`: what was agreed on compression, or null.
  WebSocketPump(Connection& connection, std::size_t max_message_bytes, engineio::Dialect dialect,
                std::unique_ptr<ConnectionDeflate> deflate);

  /// The session that this WebSocket is for, or probes for.
  void bind(engineio::Session& session) { session_ = &session; }

  void on_bytes(char* data, std::size_t size) override;
  void on_shutdown() override {}  // its session ends it
  void on_drained() override;
  void on_stalled() override;
  void on_closed() override;

  void send(const MessageRef& message) override;
  void send_packet(engineio::PacketType type, std::string_view data) override;
  std::size_t queued_bytes() const override { return connection_.queued_bytes(); }
  bool congested() const override { return connection_.congested(); }
  std::size_t discard() override;
  void pause(bool on) override;
  void close(engineio::CloseReason reason) override;

 private:
  /// Of one connection in one turn: a read of a few kilobytes may hold a hundred messages of the largest
  /// size.
  static constexpr std::size_t kMaxInflatedBytes = 256 * 1024;

  bool on_message(websocket::Opcode op, std::string_view payload) override;
  bool on_ping(std::string_view payload) override;
  bool on_pong(std::string_view payload) override;
  bool may_inflate() override { return !paused_ && inflated_bytes_ < kMaxInflatedBytes; }
  bool on_close(std::uint16_t code, std::string_view reason) override;
  void read(char* data, std::size_t size);
  void read_rest_soon();
  void answer_last_ping();
  void leave_session(engineio::CloseReason reason);

  Connection& connection_;
  engineio::Session* session_ = nullptr;  // null once either side has closed
  websocket::Reader reader_;
  const engineio::Dialect dialect_;
  std::unique_ptr<ConnectionDeflate> deflate_;  // null: nothing is compressed
  std::unique_ptr<runtime::Timer> drained_;     // tells the session in the next turn
  bool paused_ = false;                         // by the session
  std::size_t inflated_bytes_ = 0;              // of this read
  std::string rest_;                            // has come, and is read in another turn: a read's worth
  std::unique_ptr<runtime::Timer> reads_rest_;  // in the next turn
  int pongs_ = 0;                               // of this read
  std::unique_ptr<std::string> waiting_;        // the last ping that is still to be answered
};

}  // namespace belfry::net
