#pragma once

#include <array>
#include <cstdint>

namespace bench {

/// Counts of durations in buckets that are at most 1/64 wide of their value (1.6 %), from 1 ns to about 70
/// minutes. Fixed size, no allocation; one thread.
class Histogram {
 public:
  void add(std::int64_t value_ns);
  void clear() { *this = Histogram(); }

  std::uint64_t count() const { return count_; }
  std::int64_t max_ns() const { return max_ns_; }
  /// The smallest bucket bound that at least `share` (0 to 1) of the values do not exceed; 0 when empty.
  std::int64_t quantile_ns(double share) const;

 private:
  static constexpr int kSubBits = 6;
  static constexpr int kMaxBits = 42;
  static constexpr std::size_t kBuckets = std::size_t{kMaxBits - kSubBits + 1} << kSubBits;

  static std::size_t bucket_of(std::int64_t value_ns);
  static std::int64_t upper_bound_of(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::int64_t max_ns_ = 0;
};

}  // namespace bench
