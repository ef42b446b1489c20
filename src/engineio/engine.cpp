#include "engineio/engine.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/ids.h"

namespace belfry::engineio {

namespace {

// So late a timer may come on a busy machine.
constexpr milliseconds kLateness{20};

}  // namespace

Engine::Engine(const Options& options, std::uint8_t shard, Clock clock, OpenHandler on_open)
    : options_(options), shard_(shard), clock_(std::move(clock)), on_open_(std::move(on_open)) {}

Engine::~Engine() = default;

Session& Engine::open_polling(std::shared_ptr<const Handshake> handshake, PollPort& port, Dialect dialect) {
  return open(std::make_unique<Session>(*this, make_sid(), Transport::polling, std::move(handshake), dialect),
              nullptr, &port);
}

Session& Engine::open_websocket(std::shared_ptr<const Handshake> handshake, WebSocketPort& port,
                                Dialect dialect, std::string sid) {
  return open(
      std::make_unique<Session>(*this, std::move(sid), Transport::websocket, std::move(handshake), dialect),
      &port, nullptr);
}

std::string Engine::make_sid() const {
  return make_sid_on(shard_, options_.node);
}

Session& Engine::open(std::unique_ptr<Session> owned, WebSocketPort* websocket, PollPort* poll) {
  Session& session = *owned;
  sessions_.emplace(session.sid(), std::move(owned));
  beat(session, false);
  metrics_.opened.add(1);
  sessions_over(session.transport()).add(1);
  session.start(websocket, poll);
  session.handler_ = on_open_(session);
  session.handler_->on_open();
  return session;
}

std::string Engine::open_packet(const Session& session) const {
  const bool upgradable =
      session.transport() == Transport::polling && options_.websocket && options_.allow_upgrades;
  return fmt::format(R"({{"sid":"{}","upgrades":[{}],"pingInterval":{},"pingTimeout":{},"maxPayload":{}}})",
                     session.sid(), upgradable ? R"("websocket")" : "", options_.ping_interval.count(),
                     options_.ping_timeout.count(), options_.max_payload_bytes);
}

Session* Engine::find(std::string_view sid) {
  const auto it = sessions_.find(sid);
  if (it == sessions_.end()) return nullptr;
  Session& session = *it->second;
  // Its time may be up although its timer has not come yet.
  if (session.pong_due_ && session.open() && session.beat_deadline_ <= clock_()) session.on_pong_missed();
  return session.state_ == Session::State::closed ? nullptr : &session;
}

std::vector<std::string> Engine::sids() const {
  std::vector<std::string> all;
  all.reserve(sessions_.size());
  for (const auto& [sid, session] : sessions_) all.emplace_back(sid);
  return all;
}

void Engine::beat(Session& session, bool pong_due) {
  if (session.dialect().v3) {
    session.beat_deadline_ = later(later(clock_(), options_.ping_interval), options_.ping_timeout);
    return client_ping_due_.push_back(session);
  }
  session.pong_due_ = pong_due;
  const TimePoint now = clock_();
  if (pong_due) {
    // A timer that came a little late does not give the client longer.
    session.beat_deadline_ = later(std::max(session.beat_deadline_, now - kLateness), options_.ping_timeout);
    pong_due_.push_back(session);
  } else {
    session.beat_deadline_ = later(now, options_.ping_interval);
    ping_due_.push_back(session);
  }
}

void Engine::wake_at(Session& session, TimePoint deadline) {
  wakes_.erase({session.wake_deadline_, &session});
  session.wake_deadline_ = deadline;
  if (deadline != TimePoint{}) wakes_.emplace(deadline, &session);
}

void Engine::mark_dirty(Session& session) {
  if (std::exchange(session.dirty_, true)) return;
  dirty_.push_back(&session);
}

void Engine::tick() {
  const TimePoint now = clock_();
  while (!ping_due_.empty() && ping_due_.front().beat_deadline_ <= now) ping_due_.front().send_ping();
  for (auto* due : {&pong_due_, &client_ping_due_}) {
    while (!due->empty() && due->front().beat_deadline_ <= now) {
      due->front().on_pong_missed();
    }
  }
  while (!wakes_.empty() && wakes_.begin()->first <= now) {
    Session& session = *wakes_.begin()->second;
    wake_at(session, {});
    session.on_wake(now);
  }
}

std::optional<TimePoint> Engine::next_deadline() const {
  std::optional<TimePoint> next;
  const auto consider = [&next](TimePoint deadline) { next = next ? std::min(*next, deadline) : deadline; };
  if (!ping_due_.empty()) consider(ping_due_.front().beat_deadline_);
  if (!pong_due_.empty()) consider(pong_due_.front().beat_deadline_);
  if (!client_ping_due_.empty()) consider(client_ping_due_.front().beat_deadline_);
  if (!wakes_.empty()) consider(wakes_.begin()->first);
  return next;
}

void Engine::flush() {
  // Ending a session may make its handler send to others, so the list can grow meanwhile.
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    Session& session = *dirty_[i];
    session.dirty_ = false;
    if (session.overflowed_) session.end(CloseReason::slow_consumer, Session::State::closed);
    session.flush_poll();
  }
  dirty_.clear();
  ended_.clear();
}

void Engine::close_all(CloseReason reason) {
  std::vector<Session*> all;
  all.reserve(sessions_.size());
  for (auto& [sid, session] : sessions_) all.push_back(session.get());
  for (Session* session : all) session->close(reason);
}

void Engine::bury(Session& session) {
  wake_at(session, {});
  const auto it = sessions_.find(session.sid());
  ended_.push_back(std::move(it->second));
  sessions_.erase(it);
}

}  // namespace belfry::engineio
