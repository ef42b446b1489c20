// Units of work waiting for a worker.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "core/clock.h"
#include "store/unit.h"

namespace belfry::store {

/// A bounded queue between the shards and the workers of a store. Any thread.
class UnitQueue {
 public:
  explicit UnitQueue(std::size_t max_units) : max_units_(max_units) {}

  /// Takes `unit`, or leaves it where it is and returns false: the queue is full or closed.
  bool put(std::unique_ptr<Unit>& unit);
  /// Waits for units and moves at most `max` of them out, oldest first. Empty: the queue is closed and
  /// drained.
  std::vector<std::unique_ptr<Unit>> take(std::size_t max);
  /// Refuses what comes from now on; what is queued is still given out, and is to be done until then.
  void close(TimePoint until);
  /// It is closed, and that time has passed.
  bool is_over() const;

  std::size_t size() const;
  /// How many `put` refused.
  std::uint64_t refused() const;

 private:
  const std::size_t max_units_;
  mutable std::mutex mutex_;  // protects what follows
  std::condition_variable filled_;
  std::deque<std::unique_ptr<Unit>> units_;
  std::uint64_t refused_ = 0;
  bool closed_ = false;
  TimePoint until_;
};

}  // namespace belfry::store
