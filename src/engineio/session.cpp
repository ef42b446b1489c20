#include "engineio/session.h"

#include <algorithm>

#include "engineio/engine.h"
#include "engineio/payload_v3.h"

namespace belfry::engineio {

namespace {

// While a client probes, a poll without anything to carry is let go after this long, so that the client can
// upgrade.
constexpr milliseconds kProbeRelease{100};
constexpr std::uint16_t kMaxUnreadPongs = 20000;

// A payload of one packet.
Answer single_packet(PacketType type, std::string_view data, Dialect dialect) {
  Answer answer;
  if (dialect.v3) {
    PayloadWriterV3 writer(answer.body, false);
    writer.add(type, data);
  } else {
    answer.body.append(1, static_cast<char>(type)).append(data);
  }
  return answer;
}

}  // namespace

std::string_view text_of(CloseReason reason) {
  switch (reason) {
    case CloseReason::transport_close:
      return "transport close";
    case CloseReason::transport_error:
      return "transport error";
    case CloseReason::parse_error:
      return "parse error";
    case CloseReason::ping_timeout:
      return "ping timeout";
    case CloseReason::forced_close:
      return "forced close";
    case CloseReason::slow_consumer:
      return "slow consumer";
    case CloseReason::server_shutdown:
      return "server shutting down";
    case CloseReason::rate_limited:
      return "rate limited";
    case CloseReason::events_missed:
      return "events missed";
  }
  return "transport error";
}

Session::Session(Engine& engine, std::string sid, Transport transport,
                 std::shared_ptr<const Handshake> handshake, Dialect dialect)
    : engine_(engine),
      sid_(std::move(sid)),
      handshake_(std::move(handshake)),
      transport_(transport),
      dialect_(dialect) {}

Session::~Session() = default;

void Session::start(WebSocketPort* websocket, PollPort* poll) {
  websocket_ = websocket;
  const std::string packet = engine_.open_packet(*this);
  if (websocket_ != nullptr) {
    websocket_->send_packet(PacketType::open, packet);
  } else {
    Answer answer = single_packet(PacketType::open, packet, dialect_);
    answer.opened = sid_;
    poll->answer(std::move(answer));
  }
}

// ---- sending ----

void Session::send(const MessageRef& message) {
  if (state_ != State::open) return;
  engine_.metrics_.messages_out.add(1);
  if (websocket_ == nullptr) {
    if (waiting_.push(message)) engine_.metrics_.coalesced.add(1);
    return on_waiting(message.size());
  }
  websocket_->send(message);
  if (is_too_much(websocket_->queued_bytes(), message.size())) {
    overflowed_ = true;
    engine_.mark_dirty(*this);
  }
}

// One message may always be sent, however large: what counts is what it has to wait for.
bool Session::is_too_much(std::size_t waiting, std::size_t newest) const {
  return waiting > engine_.options().max_buffered_bytes + newest;
}

bool Session::writable() const {
  if (state_ != State::open) return false;
  if (buffered_bytes() > engine_.options().max_buffered_bytes / 2) return false;
  return websocket_ != nullptr ? !websocket_->congested() : poll_ != nullptr;
}

void Session::count_dropped() {
  engine_.metrics_.dropped_volatile.add(1);
}

std::size_t Session::buffered_bytes() const {
  return websocket_ != nullptr ? websocket_->queued_bytes() : waiting_.bytes();
}

void Session::send_packet(PacketType type) {
  if (websocket_ != nullptr) {
    websocket_->send_packet(type, {});
  } else {
    waiting_.push_packet(static_cast<char>(type));
    on_waiting(1);
  }
}

// Something waits for a poll; so many bytes of it are new.
void Session::on_waiting(std::size_t newest) {
  overflowed_ = overflowed_ || is_too_much(waiting_.bytes(), newest);
  over_mark_ = over_mark_ || waiting_.bytes() > engine_.options().drain_mark_bytes;
  if (poll_ != nullptr || overflowed_) engine_.mark_dirty(*this);
}

// What waits, as an answer to a poll.
Answer Session::payload() const {
  Answer answer;
  if (dialect_.v3 && !dialect_.base64) {
    waiting_.for_each([&answer](const MessageQueue::Item& one) {
      answer.binary = answer.binary || (one.message && !one.message->attachments.empty());
    });
  }
  PayloadWriterV3 v3(answer.body, answer.binary);
  waiting_.for_each([&](const MessageQueue::Item& waiting) {
    if (waiting.message) {
      dialect_.v3 ? v3.add(*waiting.message) : append_to_payload(answer.body, *waiting.message);
      answer.compress = answer.compress || waiting.message->compress;
    } else {
      const auto type = static_cast<PacketType>(waiting.packet);
      dialect_.v3 ? v3.add(type) : append_to_payload(answer.body, type);
    }
  });
  return answer;
}

void Session::flush_poll() {
  if (poll_ == nullptr || waiting_.empty() || state_ == State::closed) return;
  Answer answer = payload();
  waiting_.clear();
  PollPort* poll = std::exchange(poll_, nullptr);
  if (state_ == State::lingering) {
    if (std::exchange(rest_, false)) {
      send_packet(PacketType::close);
    } else {
      finish(CloseReason::forced_close);
    }
  }
  poll->answer(std::move(answer));  // last: the connection may go on with its next request
  if (std::exchange(over_mark_, false)) on_drained();
}

void Session::answer_poll(PacketType packet) {
  if (poll_ == nullptr) return;
  std::exchange(poll_, nullptr)->answer(single_packet(packet, {}, dialect_));
}

void Session::send_ping() {
  engine_.beat(*this, true);
  send_packet(PacketType::ping);
}

// ---- polling ----

void Session::on_poll(PollPort& port) {
  if (poll_ != nullptr) {
    end(CloseReason::transport_error, State::closed);
    return port.answer({Answer::Kind::refused, {}, false});  // last, as in `finish`
  }
  poll_ = &port;
  if (!waiting_.empty()) {
    engine_.mark_dirty(*this);
  } else if (probe_ == Probe::answered) {
    engine_.wake_at(*this, std::min(engine_.clock_() + kProbeRelease, probe_deadline_));
  }
}

bool Session::on_post_begin(PollPort& port) {
  if (state_ != State::open || transport_ != Transport::polling) return false;
  if (post_ != nullptr) {
    end(CloseReason::transport_error, State::closed);
    return false;
  }
  post_ = &port;
  return true;
}

void Session::on_post_body(PollPort& port, std::string_view body, bool binary) {
  post_ = nullptr;
  if (transport_ != Transport::polling) return port.answer({Answer::Kind::refused, {}, false});
  const bool valid =
      dialect_.v3 ? read_payload(PayloadReaderV3(body, binary)) : read_payload(PayloadReader(body));
  if (!valid) end(CloseReason::parse_error, State::closed);
  if (held_ && state_ == State::open) {
    post_ = &port;
    post_handled_ = true;
    return;
  }
  port.answer({Answer::Kind::ok, {}, false});
}

// Handles the packets of a payload, for as long as the session is open. False: there was one that is none.
template <class Reader>
bool Session::read_payload(Reader reader) {
  PayloadReader::Packet packet;
  auto step = PayloadReader::Step::packet;
  while (state_ == State::open && (step = reader.next(packet)) == PayloadReader::Step::packet) {
    on_packet(packet.type, packet.binary, packet.data);
  }
  return step != PayloadReader::Step::invalid;
}

// ---- holding back ----

void Session::stop_reading() {
  hold(true);
  held_for_good_ = true;
}

void Session::hold(bool on) {
  if (held_ == on || held_for_good_ || state_ != State::open) return;
  held_ = on;
  if (websocket_ != nullptr) websocket_->pause(on);
  if (on || !std::exchange(post_handled_, false) || post_ == nullptr) return;
  std::exchange(post_, nullptr)->answer({Answer::Kind::ok, {}, false});
}

// A client that is held cannot be heard: it gets another ping, which tells it that the server lives, or it is
// waited for once more.
void Session::on_pong_missed() {
  if (!held_) return end(CloseReason::ping_timeout, State::closed);
  if (dialect_.v3) return engine_.beat(*this, false);
  send_ping();
}

void Session::on_request_lost(PollPort& port) {
  if (&port == poll_) poll_ = nullptr;
  if (&port == post_) post_ = nullptr;
  end(CloseReason::transport_close, State::closed);
}

// ---- receiving ----

void Session::on_control() {
  if (state_ == State::open && handler_ != nullptr) handler_->on_control();
}

void Session::on_packet(PacketType type, bool binary, std::string_view data) {
  if (type != PacketType::message) on_control();
  if (state_ != State::open) return;
  switch (type) {
    case PacketType::message:
      engine_.metrics_.messages_in.add(1);
      return handler_->on_message(binary, data);
    case PacketType::pong:
      if (dialect_.v3) return end(CloseReason::transport_error, State::closed);
      if (pong_due_) {
        engine_.metrics_.heartbeat.add(engine_.clock_() - (beat_deadline_ - engine_.options().ping_timeout));
      }
      return engine_.beat(*this, false);
    case PacketType::ping:
      // Who pings is what the versions differ in most.
      if (!dialect_.v3) return end(CloseReason::transport_error, State::closed);
      return answer_ping();
    case PacketType::close:
      answer_poll(PacketType::noop);
      return end(CloseReason::transport_close, State::closed);
    case PacketType::open:
    case PacketType::upgrade:
    case PacketType::noop:
      return;  // without a meaning here; tolerated, as the original does
  }
}

// A client that pings on and reads nothing gets no heap of answers: one is enough for polling, and a
// WebSocket that does not take them is ended.
void Session::answer_ping() {
  engine_.beat(*this, false);
  if (websocket_ == nullptr) {
    if (!waiting_.ends_with(static_cast<char>(PacketType::pong))) send_packet(PacketType::pong);
    return;
  }
  if (!websocket_->congested()) unread_pongs_ = 0;
  if (++unread_pongs_ > kMaxUnreadPongs) return end(CloseReason::slow_consumer, State::closed);
  send_packet(PacketType::pong);
}

void Session::on_frame(WebSocketPort& port, bool binary, std::string_view data) {
  if (&port == probing_) return on_probe_frame(binary, data);
  if (&port != websocket_ || state_ != State::open) return;
  if (dialect_.v3) return on_frame_v3(binary, data);
  PacketType type = PacketType::message;
  if (binary) return on_packet(type, true, data);
  if (!read_type(data, type)) return end(CloseReason::parse_error, State::closed);
  on_packet(type, false, data.substr(1));
}

void Session::announce_end(milliseconds come_back_in) {
  if (state_ == State::open && handler_ != nullptr) handler_->on_end_announced(come_back_in);
}

void Session::on_drained() {
  if (state_ == State::open && handler_ != nullptr) handler_->on_drain();
}

void Session::on_frame_v3(bool binary, std::string_view data) {
  std::string scratch;
  PayloadReader::Packet packet;
  if (!read_packet_v3(data, binary, scratch, packet)) return end(CloseReason::parse_error, State::closed);
  on_packet(packet.type, packet.binary, packet.data);
}

void Session::on_websocket_closed(WebSocketPort& port, CloseReason reason) {
  if (&port == probing_) {
    probing_ = nullptr;
    probe_ = Probe::none;
    if (state_ == State::open) engine_.wake_at(*this, {});
  } else if (&port == websocket_) {
    if (reason == CloseReason::slow_consumer) discard();
    websocket_ = nullptr;
    end(reason, State::closed);
  }
}

// ---- ending ----

void Session::close(CloseReason reason) {
  if (state_ != State::open) return;
  // Only a poll can still carry the rest; over WebSocket it is in the connection's queue already.
  if (transport_ == Transport::polling && !overflowed_) {
    end(reason, State::lingering);
  } else {
    end(reason, State::closed);
  }
}

// Its client is too slow for what waits.
void Session::discard() {
  const std::size_t bytes = websocket_ != nullptr ? websocket_->discard() : waiting_.discard();
  engine_.metrics_.discarded_bytes.add(static_cast<std::int64_t>(bytes));
}

void Session::end(CloseReason reason, State next) {
  if (state_ == State::closed) return;
  const bool was_open = state_ == State::open;
  if (reason == CloseReason::slow_consumer) discard();
  unlink();
  if (next == State::lingering) {
    state_ = next;
    if (probing_ != nullptr) drop_probe();
    // A client handles messages a little later than a close packet, so they go ahead in a payload of their
    // own.
    rest_ = !waiting_.empty();
    if (!rest_) send_packet(PacketType::close);
    engine_.wake_at(*this, engine_.clock_() + engine_.options().close_timeout);
  } else {
    finish(reason);
  }
  if (!was_open) return;
  if (std::exchange(post_handled_, false) && post_ != nullptr) {
    std::exchange(post_, nullptr)->answer({Answer::Kind::ok, {}, false});
  }
  engine_.sessions_over(transport_).add(-1);
  engine_.metrics_.closed[static_cast<std::size_t>(reason)].add(1);
  if (handler_ != nullptr) handler_->on_close(reason);
}

// Nothing finds the session from here on; it is destroyed at the end of the turn. The answers come last, as a
// connection may go on with its next request.
void Session::finish(CloseReason reason) {
  state_ = State::closed;
  lease_.reset();
  engine_.bury(*this);
  if (websocket_ != nullptr) std::exchange(websocket_, nullptr)->close(reason);
  if (probing_ != nullptr) std::exchange(probing_, nullptr)->close(CloseReason::forced_close);
  answer_poll(PacketType::close);
  if (post_ != nullptr) std::exchange(post_, nullptr)->answer({Answer::Kind::refused, {}, false});
}

}  // namespace belfry::engineio
