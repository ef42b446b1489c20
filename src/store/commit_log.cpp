#include "store/commit_log.h"

#include <algorithm>

namespace belfry::store {

void CommitLog::committed(std::size_t units, std::chrono::nanoseconds time) {
  constexpr auto& kBounds = StoreStats::kCommitBoundsMs;
  const auto bucket = std::ranges::find_if(
      kBounds, [time](int bound_ms) { return time <= std::chrono::milliseconds(bound_ms); });
  std::lock_guard lock(mutex_);
  ++counted_.commits;
  counted_.committed_units += units;
  counted_.commit_time += time;
  ++counted_.commit_buckets[static_cast<std::size_t>(bucket - kBounds.begin())];
}

void CommitLog::failed() {
  std::lock_guard lock(mutex_);
  ++counted_.failed_commits;
}

void CommitLog::report(StoreStats& stats) const {
  std::lock_guard lock(mutex_);
  stats.commits = counted_.commits;
  stats.committed_units = counted_.committed_units;
  stats.failed_commits = counted_.failed_commits;
  stats.commit_time = counted_.commit_time;
  stats.commit_buckets = counted_.commit_buckets;
}

}  // namespace belfry::store
