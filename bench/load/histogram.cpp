#include "histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace bench {

std::size_t Histogram::bucket_of(std::int64_t value_ns) {
  constexpr std::uint64_t kLimit = (std::uint64_t{1} << kMaxBits) - 1;
  const std::uint64_t value =
      std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(value_ns, 0)), kLimit);
  if (value < (std::uint64_t{1} << kSubBits)) return static_cast<std::size_t>(value);
  const int shift = static_cast<int>(std::bit_width(value)) - 1 - kSubBits;
  return (static_cast<std::size_t>(shift) << kSubBits) + static_cast<std::size_t>(value >> shift);
}

std::int64_t Histogram::upper_bound_of(std::size_t bucket) {
  if (bucket < (std::size_t{1} << kSubBits)) return static_cast<std::int64_t>(bucket);
  const std::size_t shift = (bucket >> kSubBits) - 1;
  const std::size_t value = bucket - (shift << kSubBits);
  return static_cast<std::int64_t>(((value + 1) << shift) - 1);
}

void Histogram::add(std::int64_t value_ns) {
  ++buckets_[bucket_of(value_ns)];
  ++count_;
  max_ns_ = std::max(max_ns_, value_ns);
}

std::int64_t Histogram::quantile_ns(double share) const {
  if (count_ == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += buckets_[bucket];
    if (seen >= wanted && seen > 0) return std::min(upper_bound_of(bucket), max_ns_);
  }
  return max_ns_;
}

}  // namespace bench
