// The counters of commits, written by the workers and read by the metrics.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>

#include "store/store.h"

namespace belfry::store {

/// Counts commits. Any thread; a commit takes its lock once.
class CommitLog {
 public:
  /// A commit of `units` units that took `time`.
  void committed(std::size_t units, std::chrono::nanoseconds time);
  void failed();
  /// Fills in what is counted here.
  void report(StoreStats& stats) const;

 private:
  mutable std::mutex mutex_;  // protects what follows
  StoreStats counted_;
};

}  // namespace belfry::store
