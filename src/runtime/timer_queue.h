// One shard's timers, without a clock of its own: time is a parameter.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "core/clock.h"
#include "runtime/task.h"

namespace belfry::runtime {

class TimerQueue;

/// A timer that has not fired yet. Owned by whom it concerns: destroying it cancels it. Lives on the shard of
/// its queue, and must not outlive the queue.
class Timer {
 public:
  Timer() = default;
  Timer(Timer&& other) noexcept { *this = std::move(other); }
  Timer& operator=(Timer&& other) noexcept;
  ~Timer() { cancel(); }

  void cancel();
  /// Lets it fire without an owner.
  void detach() { queue_ = nullptr; }

 private:
  friend class TimerQueue;
  using Key = std::pair<TimePoint, std::uint64_t>;
  Timer(TimerQueue& queue, Key key) : queue_(&queue), key_(key) {}

  TimerQueue* queue_ = nullptr;
  Key key_;
};

/// Timers in order of deadline; equal deadlines fire in the order in which they were set. One thread.
class TimerQueue {
 public:
  [[nodiscard]] Timer at(TimePoint deadline, Task task);
  /// Fires what is due at `now`. Timers set meanwhile wait for the next call, even when due.
  void advance(TimePoint now);
  std::optional<TimePoint> next_deadline() const;
  /// Lets none of them fire; whether there were any.
  bool clear();
  std::size_t size() const { return timers_.size(); }

 private:
  friend class Timer;
  std::map<Timer::Key, Task> timers_;
  std::uint64_t next_id_ = 0;
};

}  // namespace belfry::runtime
