// Counters of one thread that others read.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "belfry/stats.h"

namespace belfry {

/// A sum that one thread changes, without a locked instruction, and any thread reads.
class Tally {
 public:
  void add(std::int64_t amount) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  std::int64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Durations by size; changed by one thread, read by any.
class Histogram {
 public:
  static constexpr std::array<double, 12> kBoundsMs = {0.5, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1'000, 5'000};

  void add(std::chrono::nanoseconds duration);
  HistogramStats read() const;

 private:
  std::array<Tally, kBoundsMs.size() + 1> counts_;
  Tally sum_us_;
};

}  // namespace belfry
