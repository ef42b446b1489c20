// From polling to WebSocket (engine.io-protocol, "Upgrade").
#include "engineio/engine.h"
#include "engineio/session.h"

namespace belfry::engineio {

namespace {

constexpr std::string_view kProbe = "probe";

}  // namespace

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
  over_mark_ = false;
  std::exchange(waiting_, {}).for_each([this](const MessageQueue::Item& waiting) {
    if (waiting.message) {
      websocket_->send(waiting.message);
    } else {
      websocket_->send_packet(static_cast<PacketType>(waiting.packet), {});
    }
  });
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

}  // namespace belfry::engineio
