// State that other threads may look at.
#pragma once

#include <atomic>
#include <cstdint>

namespace belfry::runtime {

/// A flag that any thread reads and sets.
class Flag {
 public:
  explicit Flag(bool value) : value_(value) {}
  void set(bool value) { value_.store(value, std::memory_order_release); }
  bool get() const { return value_.load(std::memory_order_acquire); }
  /// Sets it, and returns what it was.
  bool exchange(bool value) { return value_.exchange(value, std::memory_order_acq_rel); }

 private:
  std::atomic<bool> value_;
};

/// A sum that several shards add to and any thread reads.
class Counter {
 public:
  void add(std::int64_t amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::int64_t get() const { return value_.load(std::memory_order_relaxed); }
  /// The value, which nobody gets a second time.
  std::int64_t take_next() { return value_.fetch_add(1, std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

}  // namespace belfry::runtime
