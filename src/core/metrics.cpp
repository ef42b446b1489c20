#include "core/metrics.h"

#include <algorithm>

namespace belfry {

void Histogram::add(std::chrono::nanoseconds duration) {
  const double ms = std::chrono::duration<double, std::milli>(duration).count();
  const auto bucket = std::ranges::lower_bound(kBoundsMs, ms) - kBoundsMs.begin();
  counts_[static_cast<std::size_t>(bucket)].add(1);
  sum_us_.add(duration.count() / 1'000);
}

HistogramStats Histogram::read() const {
  HistogramStats stats;
  stats.bounds_ms.assign(kBoundsMs.begin(), kBoundsMs.end());
  for (const Tally& count : counts_) stats.counts.push_back(static_cast<std::uint64_t>(count.get()));
  stats.sum_ms = static_cast<double>(sum_us_.get()) / 1'000;
  return stats;
}

void HistogramStats::add(const HistogramStats& other) {
  if (counts.empty()) {
    *this = other;
    return;
  }
  for (std::size_t i = 0; i < counts.size() && i < other.counts.size(); ++i) counts[i] += other.counts[i];
  sum_ms += other.sum_ms;
}

}  // namespace belfry
