#include "net/websocket_pump.h"

#include "net/frame_v3.h"
#include "websocket/frame.h"

namespace belfry::net {

namespace {

using engineio::CloseReason;
using websocket::CloseCode;
using websocket::Opcode;

// Pongs that a client provokes and does not read: past this it is closed.
constexpr std::size_t kMaxPongBacklogBytes = 64 * 1024;

}  // namespace

WebSocketPump::WebSocketPump(Connection& connection, std::size_t max_message_bytes, engineio::Dialect dialect)
    : connection_(connection), reader_(max_message_bytes), dialect_(dialect) {}

void WebSocketPump::on_bytes(char* data, std::size_t size) {
  const auto fed = reader_.feed({data, size}, *this);
  if (fed || session_ == nullptr) return;
  connection_.send_bytes(websocket::make_close_frame(fed.error()));
  leave_session(CloseReason::transport_error);
  connection_.close();
}

bool WebSocketPump::on_message(Opcode op, std::string_view payload) {
  if (session_ != nullptr) session_->on_frame(*this, op == Opcode::binary, payload);
  return session_ != nullptr;
}

bool WebSocketPump::on_ping(std::string_view payload) {
  if (connection_.congested() && connection_.queued_bytes() > kMaxPongBacklogBytes) {
    leave_session(CloseReason::slow_consumer);
    connection_.close();
    return false;
  }
  connection_.send_bytes(websocket::make_frame(Opcode::pong, payload));
  return true;
}

bool WebSocketPump::on_pong(std::string_view) {
  return true;
}

bool WebSocketPump::on_close(std::uint16_t, std::string_view) {
  connection_.send_bytes(websocket::make_close_frame(CloseCode::normal));
  leave_session(CloseReason::transport_close);
  connection_.close();
  return false;
}

void WebSocketPump::send(const MessageRef& message) {
  if (!dialect_.v3 || message->attachments.empty()) {
    connection_.send(message);
  } else if (dialect_.base64) {
    connection_.send(MessageRef(frame_v3(*message, true)));
  } else {
    connection_.send(message.variant([](const Encoded& encoded) { return frame_v3(encoded, false); }));
  }
}

void WebSocketPump::send_packet(engineio::PacketType type, std::string_view data) {
  connection_.send_bytes(
      websocket::make_frame(Opcode::text, std::string(1, static_cast<char>(type)).append(data)));
}

void WebSocketPump::close() {
  session_ = nullptr;
  connection_.send_bytes(websocket::make_close_frame(CloseCode::normal));
  connection_.close();
}

void WebSocketPump::on_closed() {
  leave_session(CloseReason::transport_close);
}

void WebSocketPump::leave_session(CloseReason reason) {
  if (session_ != nullptr) std::exchange(session_, nullptr)->on_websocket_closed(*this, reason);
}

}  // namespace belfry::net
