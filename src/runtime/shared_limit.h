// What sockets on several shards may send together.
#pragma once

#include <algorithm>
#include <atomic>

#include "belfry/limits.h"
#include "core/token_bucket.h"

namespace belfry {

/// Two buckets that any thread takes from.
class SharedLimit {
 public:
  explicit SharedLimit(const RateLimits& limits) : limits_(limits) {}

  /// Takes one message of that size; how long something is owed.
  TokenBucket::Duration take(TimePoint now, std::size_t size) {
    return std::max(take(messages_, limits_.messages, now, 1),
                    take(bytes_, limits_.bytes, now, static_cast<double>(size)));
  }

 private:
  static TokenBucket::Duration take(std::atomic<TokenBucket>& from, const Rate& rate, TimePoint now,
                                    double amount) {
    if (!rate.bounded()) return {};
    TokenBucket before = from.load(std::memory_order_relaxed);
    TokenBucket after;
    do {
      after = before;
      after.take(rate, now, amount);
    } while (!from.compare_exchange_weak(before, after, std::memory_order_relaxed));
    return after.owed(rate, now);
  }

  const RateLimits limits_;
  std::atomic<TokenBucket> messages_;
  std::atomic<TokenBucket> bytes_;
};

}  // namespace belfry
