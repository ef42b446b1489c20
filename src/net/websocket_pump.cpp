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
// So many pings of one read are answered each; of more only the last, as RFC 6455 (5.5.3) allows.
constexpr int kMaxPongs = 32;

}  // namespace

CloseCode close_code_of(CloseReason reason) {
  switch (reason) {
    case CloseReason::slow_consumer:
    case CloseReason::rate_limited:
      return CloseCode::policy;
    case CloseReason::server_shutdown:
    case CloseReason::events_missed:
      return CloseCode::going_away;
    default:
      return CloseCode::normal;
  }
}

WebSocketPump::WebSocketPump(Connection& connection, std::size_t max_message_bytes, engineio::Dialect dialect,
                             std::unique_ptr<ConnectionDeflate> deflate)
    : connection_(connection), reader_(max_message_bytes), dialect_(dialect), deflate_(std::move(deflate)) {}

void WebSocketPump::on_bytes(char* data, std::size_t size) {
  if (rest_.empty()) return read(data, size);
  rest_.append(data, size);
}

void WebSocketPump::read(char* data, std::size_t size) {
  pongs_ = 0;
  inflated_bytes_ = 0;
  const auto fed = reader_.feed({data, size}, *this, deflate_ != nullptr ? &deflate_->inflater() : nullptr);
  answer_last_ping();
  if (session_ == nullptr) return;
  if (fed) {
    if (*fed == size) return;
    rest_.assign(data + *fed, size - *fed);
    connection_.pause(true);
    return read_rest_soon();
  }
  connection_.send_bytes(websocket::make_close_frame(fed.error()));
  leave_session(CloseReason::transport_error);
  connection_.close();
}

// Nothing more is read of the connection until the rest has been.
void WebSocketPump::read_rest_soon() {
  if (paused_) return;
  const auto go_on = [this] {
    if (paused_) return;
    std::string bytes = std::exchange(rest_, {});
    if (session_ == nullptr || bytes.empty()) return;
    const bool good = connection_.io().shard().guarded([&] { read(bytes.data(), bytes.size()); });
    if (!good) return connection_.abort();
    if (session_ != nullptr && rest_.empty() && !paused_) connection_.pause(false);
  };
  reads_rest_ =
      std::make_unique<runtime::Timer>(connection_.io().shard().after(std::chrono::milliseconds(0), go_on));
}

void WebSocketPump::pause(bool on) {
  paused_ = on;
  if (on || rest_.empty()) return connection_.pause(on);
  read_rest_soon();
}

bool WebSocketPump::on_message(Opcode op, std::string_view payload) {
  inflated_bytes_ += payload.size();
  if (session_ != nullptr) session_->on_frame(*this, op == Opcode::binary, payload);
  return session_ != nullptr;
}

bool WebSocketPump::on_ping(std::string_view payload) {
  if (connection_.congested() && connection_.queued_bytes() > kMaxPongBacklogBytes) {
    leave_session(CloseReason::slow_consumer);
    close(CloseReason::slow_consumer);
    return false;
  }
  if (++pongs_ <= kMaxPongs) {
    connection_.send_bytes(websocket::make_frame(Opcode::pong, payload));
  } else {
    if (waiting_ == nullptr) waiting_ = std::make_unique<std::string>();
    waiting_->assign(payload);
  }
  return on_pong(payload);
}

void WebSocketPump::answer_last_ping() {
  if (const auto ping = std::move(waiting_)) {
    connection_.send_bytes(websocket::make_frame(Opcode::pong, *ping));
  }
}

bool WebSocketPump::on_pong(std::string_view) {
  if (session_ != nullptr) session_->on_control();
  return session_ != nullptr;
}

bool WebSocketPump::on_close(std::uint16_t, std::string_view) {
  connection_.send_bytes(websocket::make_close_frame(CloseCode::normal));
  leave_session(CloseReason::transport_close);
  connection_.close();
  return false;
}

void WebSocketPump::send(const MessageRef& message) {
  if (!dialect_.v3 || message->attachments.empty()) {
    connection_.send(deflate_ != nullptr ? deflate_->compress(message) : message);
  } else if (dialect_.base64) {
    connection_.send(MessageRef(frame_v3(*message, true)));
  } else {
    connection_.send(
        message.form(kVersion3Form, [](const Encoded& encoded) { return frame_v3(encoded, false); }));
  }
}

void WebSocketPump::send_packet(engineio::PacketType type, std::string_view data) {
  connection_.send_bytes(
      websocket::make_frame(Opcode::text, std::string(1, static_cast<char>(type)).append(data)));
}

std::size_t WebSocketPump::discard() {
  return connection_.discard();
}

void WebSocketPump::close(CloseReason reason) {
  session_ = nullptr;
  const CloseCode code = close_code_of(reason);
  connection_.send_bytes(
      websocket::make_close_frame(code, code == CloseCode::normal ? "" : engineio::text_of(reason)));
  connection_.close();
}

// The session may send again at once, which must not go on for ever within one turn.
void WebSocketPump::on_drained() {
  drained_ =
      std::make_unique<runtime::Timer>(connection_.io().shard().after(std::chrono::milliseconds(0), [this] {
        if (session_ != nullptr) session_->on_drained();
      }));
}

void WebSocketPump::on_stalled() {
  leave_session(CloseReason::slow_consumer);
}

void WebSocketPump::on_closed() {
  leave_session(CloseReason::transport_close);
}

void WebSocketPump::leave_session(CloseReason reason) {
  if (session_ != nullptr) std::exchange(session_, nullptr)->on_websocket_closed(*this, reason);
}

}  // namespace belfry::net
