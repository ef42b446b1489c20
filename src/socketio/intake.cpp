#include "socketio/intake.h"

#include <algorithm>
#include <cstring>

#include "engineio/session.h"
#include "socketio/client.h"
#include "socketio/hub.h"

namespace belfry::socketio {

namespace {

using std::chrono::milliseconds;

// No client is warned more often.
constexpr milliseconds kWarningPause{10'000};
// Of the time that passes, what a client gets back of the time for which it may be throttled.
constexpr double kForgiven = 0.1;

}  // namespace

// Of a client that was too fast at some time.
struct Intake::Held {
  std::string messages;  // each behind its size and kind: what it holds is hardly more than what has come
  std::size_t first = 0;
  runtime::Timer timer;
  bool waits = false;    // for the timer
  TimePoint began;       // to wait
  TokenBucket patience;  // of milliseconds
  TimePoint next_warning{};

  struct Head {
    std::size_t size;
    bool binary;
  };

  static Rate rate_of(milliseconds max) {
    return {.per_second = 1'000 * kForgiven, .burst = static_cast<double>(max.count())};
  }
  // Counts the time since it began to wait, which may be longer than it was meant to be.
  void waited(milliseconds max, TimePoint now) {
    const auto time = std::chrono::duration<double, std::milli>(now - began);
    if (max > milliseconds(0)) patience.take(rate_of(max), now, time.count());
  }
  bool is_too_long(milliseconds max, TimePoint now, milliseconds wait) const {
    if (max == milliseconds(0)) return false;
    return wait > max || patience.owed(rate_of(max), now) > TokenBucket::Duration(0);
  }

  bool empty() const { return first == messages.size(); }
  void push(bool binary, std::string_view data) {
    Head head{data.size(), binary};
    messages.append(reinterpret_cast<const char*>(&head), sizeof head).append(data);
  }
  std::string pop(bool& binary) {
    Head head;
    std::memcpy(&head, messages.data() + first, sizeof head);
    first += sizeof head;
    std::string message = messages.substr(first, head.size);
    first += head.size;
    binary = head.binary;
    if (empty()) {
      messages = {};
      first = 0;
    }
    return message;
  }
};

Intake::Intake(Client& client, Hub& hub, engineio::Session& session)
    : client_(client), hub_(hub), session_(session) {}

Intake::~Intake() = default;

void Intake::take(bool binary, std::string_view data) {
  if (held_ != nullptr && (held_->waits || !held_->empty())) return held_->push(binary, data);
  handle(binary, data);
}

void Intake::take_control() {
  const RateLimits& limits = hub_.shared().limits.per_connection;
  if (!limits.bounded()) return;
  const auto owed = meter_.take(limits, hub_.shard().now(), 0);
  const bool waits = held_ != nullptr && held_->waits;
  if (owed > TokenBucket::Duration(0) && !waits) throttle(owed, "connection");
}

void Intake::owe(TokenBucket::Duration owed, std::string_view limit) {
  if (owed <= owed_) return;
  owed_ = owed;
  limit_ = limit;
}

void Intake::handle(bool binary, std::string_view data) {
  owed_ = {};
  client_.handle(binary, data);
  const RateLimits& limits = hub_.shared().limits.per_connection;
  if (limits.bounded()) owe(meter_.take(limits, hub_.shard().now(), data.size()), "connection");
  if (owed_ > TokenBucket::Duration(0) && session_.open()) throttle(owed_, limit_);
}

void Intake::throttle(TokenBucket::Duration owed, std::string_view limit) {
  const TimePoint now = hub_.shard().now();
  const Limits& limits = hub_.shared().limits;
  const auto wait = std::max(std::chrono::ceil<milliseconds>(owed), milliseconds(1));
  if (held_ == nullptr) held_ = std::make_unique<Held>();
  hub_.count(Limit::throttled);
  if (held_->is_too_long(limits.max_throttled, now, wait)) {
    hub_.count(Limit::too_long);
    return session_.close(engineio::CloseReason::rate_limited);
  }
  if (now >= held_->next_warning && !limits.rate_warning_event.empty()) {
    held_->next_warning = now + kWarningPause;
    hub_.count(Limit::warned);
    client_.warn(limits.rate_warning_event, limit, wait);
  }
  held_->waits = true;
  held_->began = now;
  session_.hold(true);
  held_->timer = hub_.shard().after(wait, [this] { go_on(); });
}

void Intake::go_on() {
  held_->waits = false;
  held_->waited(hub_.shared().limits.max_throttled, hub_.shard().now());
  const auto owed = meter_.owed(hub_.shared().limits.per_connection, hub_.shard().now());
  if (owed > TokenBucket::Duration(0)) return throttle(owed, "connection");
  while (session_.open() && !held_->waits && !held_->empty()) {
    bool binary = false;
    const std::string message = held_->pop(binary);
    handle(binary, message);
  }
  if (!held_->waits) session_.hold(false);
}

void Intake::close() {
  if (held_ == nullptr) return;
  held_->timer.cancel();
  held_->messages = {};
  held_->first = 0;
}

}  // namespace belfry::socketio
