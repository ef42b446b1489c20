#include "engineio/session.h"

#include "engineio/engine.h"

namespace belfry::engineio {

namespace {

// While a client probes, a poll without anything to carry is let go after this long, so that the client can
// upgrade.
constexpr milliseconds kProbeRelease{100};
constexpr std::string_view kProbe = "probe";
// What a waiting packet without data counts, so that a bound in bytes bounds these too.
constexpr std::size_t kBarePacketBytes = 1;
constexpr std::size_t kKeptCapacity = 16;

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
  }
  return "transport error";
}

Session::Session(Engine& engine, std::string sid, Transport transport,
                 std::shared_ptr<const Handshake> handshake)
    : engine_(engine), sid_(std::move(sid)), handshake_(std::move(handshake)), transport_(transport) {}

Session::~Session() = default;

void Session::start(WebSocketPort* websocket, PollPort* poll) {
  websocket_ = websocket;
  const std::string packet = engine_.open_packet(*this);
  if (websocket_ != nullptr) {
    websocket_->send_packet(PacketType::open, packet);
  } else {
    poll->answer({Answer::Kind::payload, static_cast<char>(PacketType::open) + packet, false});
  }
}

// ---- sending ----

void Session::send(const MessageRef& message) {
  if (state_ != State::open) return;
  engine_.metrics_.messages_out.add(1);
  if (websocket_ == nullptr) {
    wait_for_poll({message, PacketType::message}, message.size());
    return;
  }
  websocket_->send(message);
  if (websocket_->queued_bytes() > engine_.options().max_buffered_bytes) {
    overflowed_ = true;
    engine_.mark_dirty(*this);
  }
}

bool Session::writable() const {
  if (state_ != State::open) return false;
  const std::size_t queued = websocket_ != nullptr ? websocket_->queued_bytes() : waiting_bytes_;
  if (queued > engine_.options().max_buffered_bytes / 2) return false;
  return websocket_ != nullptr ? !websocket_->congested() : poll_ != nullptr;
}

void Session::send_packet(PacketType type) {
  if (websocket_ != nullptr) {
    websocket_->send_packet(type, {});
  } else {
    wait_for_poll({MessageRef(), type}, kBarePacketBytes);
  }
}

void Session::wait_for_poll(Waiting waiting, std::size_t bytes) {
  waiting_.push_back(std::move(waiting));
  waiting_bytes_ += bytes;
  overflowed_ = overflowed_ || waiting_bytes_ > engine_.options().max_buffered_bytes;
  if (poll_ != nullptr || overflowed_) engine_.mark_dirty(*this);
}

void Session::flush_poll() {
  if (poll_ == nullptr || waiting_.empty() || state_ == State::closed) return;
  Answer answer;
  for (const Waiting& waiting : waiting_) {
    if (waiting.packet != PacketType::message) {
      append_to_payload(answer.body, waiting.packet);
    } else {
      append_to_payload(answer.body, *waiting.message);
      answer.compress = answer.compress || waiting.message->compress;
    }
  }
  waiting_.clear();
  waiting_bytes_ = 0;
  if (waiting_.capacity() > kKeptCapacity) waiting_.shrink_to_fit();
  PollPort* poll = std::exchange(poll_, nullptr);
  if (state_ == State::lingering) {
    if (std::exchange(rest_, false)) {
      send_packet(PacketType::close);
    } else {
      finish(CloseReason::forced_close);
    }
  }
  poll->answer(std::move(answer));  // last: the connection may go on with its next request
}

void Session::answer_poll(PacketType packet) {
  if (poll_ == nullptr) return;
  std::exchange(poll_, nullptr)
      ->answer({Answer::Kind::payload, std::string(1, static_cast<char>(packet)), false});
}

void Session::send_ping() {
  engine_.beat(*this, true);
  send_packet(PacketType::ping);
}

// ---- polling ----

void Session::on_poll(PollPort& port) {
  if (poll_ != nullptr) {
    port.answer({Answer::Kind::refused, {}, false});
    end(CloseReason::transport_error, State::closed);
    return;
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

void Session::on_post_body(PollPort& port, std::string_view body) {
  post_ = nullptr;
  if (transport_ != Transport::polling) return port.answer({Answer::Kind::refused, {}, false});
  PayloadReader reader(body);
  PayloadReader::Packet packet;
  auto step = PayloadReader::Step::packet;
  while (state_ == State::open && (step = reader.next(packet)) == PayloadReader::Step::packet) {
    on_packet(packet.type, packet.binary, packet.data);
  }
  if (step == PayloadReader::Step::invalid) end(CloseReason::parse_error, State::closed);
  if (held_ && state_ == State::open) {
    post_ = &port;
    post_handled_ = true;
    return;
  }
  port.answer({Answer::Kind::ok, {}, false});
}

// ---- holding back ----

void Session::hold(bool on) {
  if (held_ == on || state_ != State::open) return;
  held_ = on;
  if (websocket_ != nullptr) websocket_->pause(on);
  if (on || !std::exchange(post_handled_, false) || post_ == nullptr) return;
  std::exchange(post_, nullptr)->answer({Answer::Kind::ok, {}, false});
}

// A client that is held cannot be heard: it gets another ping, which tells it that the server lives.
void Session::on_pong_missed() {
  if (held_) return send_ping();
  end(CloseReason::ping_timeout, State::closed);
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
      if (pong_due_) {
        engine_.metrics_.heartbeat.add(engine_.clock_() - (beat_deadline_ - engine_.options().ping_timeout));
      }
      return engine_.beat(*this, false);
    case PacketType::ping:
      return end(CloseReason::transport_error, State::closed);  // only the server pings
    case PacketType::close:
      answer_poll(PacketType::noop);
      return end(CloseReason::transport_close, State::closed);
    case PacketType::open:
    case PacketType::upgrade:
    case PacketType::noop:
      return;  // without a meaning here; tolerated, as the original does
  }
}

void Session::on_frame(WebSocketPort& port, bool binary, std::string_view data) {
  if (&port == probing_) return on_probe_frame(binary, data);
  if (&port != websocket_ || state_ != State::open) return;
  PacketType type = PacketType::message;
  if (binary) return on_packet(type, true, data);
  if (!read_type(data, type)) return end(CloseReason::parse_error, State::closed);
  on_packet(type, false, data.substr(1));
}

void Session::on_websocket_closed(WebSocketPort& port, CloseReason reason) {
  if (&port == probing_) {
    probing_ = nullptr;
    probe_ = Probe::none;
    if (state_ == State::open) engine_.wake_at(*this, {});
  } else if (&port == websocket_) {
    websocket_ = nullptr;
    end(reason, State::closed);
  }
}

// ---- upgrading ----

bool Session::on_probe(WebSocketPort& port) {
  if (state_ != State::open || transport_ != Transport::polling || probing_ != nullptr ||
      !engine_.options().allow_upgrades) {
    return false;
  }
  probing_ = &port;
  probe_ = Probe::opened;
  probe_deadline_ = later(engine_.clock_(), engine_.options().upgrade_timeout);
  engine_.wake_at(*this, probe_deadline_);
  return true;
}

void Session::on_probe_frame(bool binary, std::string_view data) {
  PacketType type = PacketType::message;
  if (binary || !read_type(data, type)) return drop_probe();
  if (type == PacketType::ping && data.substr(1) == kProbe) {
    probing_->send_packet(PacketType::pong, kProbe);
    probe_ = Probe::answered;
    if (waiting_.empty()) answer_poll(PacketType::noop);
  } else if (type == PacketType::upgrade && data.size() == 1) {
    upgrade();
  } else {
    drop_probe();
  }
}

void Session::upgrade() {
  websocket_ = std::exchange(probing_, nullptr);
  if (held_) websocket_->pause(true);
  probe_ = Probe::none;
  engine_.sessions_over(transport_).add(-1);
  transport_ = Transport::websocket;
  engine_.sessions_over(transport_).add(1);
  engine_.wake_at(*this, {});
  for (const Waiting& waiting : std::exchange(waiting_, {})) {
    if (waiting.packet == PacketType::message) {
      websocket_->send(waiting.message);
    } else {
      websocket_->send_packet(waiting.packet, {});
    }
  }
  waiting_bytes_ = 0;
  answer_poll(PacketType::noop);
}

void Session::drop_probe() {
  engine_.wake_at(*this, {});
  probe_ = Probe::none;
  std::exchange(probing_, nullptr)->close(CloseReason::forced_close);
}

void Session::on_wake(TimePoint now) {
  if (state_ == State::lingering) {
    finish(CloseReason::forced_close);
  } else if (probing_ != nullptr && now >= probe_deadline_) {
    drop_probe();
  } else if (probing_ != nullptr) {
    engine_.wake_at(*this, probe_deadline_);
    if (waiting_.empty()) answer_poll(PacketType::noop);
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

void Session::end(CloseReason reason, State next) {
  if (state_ == State::closed) return;
  const bool was_open = state_ == State::open;
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
