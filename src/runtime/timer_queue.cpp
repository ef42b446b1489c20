#include "runtime/timer_queue.h"

namespace belfry::runtime {

Timer& Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    cancel();
    queue_ = std::exchange(other.queue_, nullptr);
    key_ = other.key_;
  }
  return *this;
}

void Timer::cancel() {
  if (queue_ == nullptr) return;
  // The task dies after the erase: what it owns may cancel other timers. A timer that has fired is no longer
  // there.
  auto node = std::exchange(queue_, nullptr)->timers_.extract(key_);
}

Timer TimerQueue::at(TimePoint deadline, Task task) {
  const Timer::Key key{deadline, next_id_++};
  timers_.emplace(key, std::move(task));
  return Timer(*this, key);
}

void TimerQueue::advance(TimePoint now) {
  const std::uint64_t first_new_id = next_id_;
  for (auto it = timers_.begin(); it != timers_.end() && it->first.first <= now;) {
    if (it->first.second >= first_new_id) {
      ++it;
      continue;
    }
    auto node = timers_.extract(it);
    node.mapped()();
    it = timers_.begin();
  }
}

bool TimerQueue::clear() {
  // What the tasks own may cancel timers, or set new ones, as they die.
  return !std::exchange(timers_, {}).empty();
}

std::optional<TimePoint> TimerQueue::next_deadline() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first.first;
}

}  // namespace belfry::runtime
