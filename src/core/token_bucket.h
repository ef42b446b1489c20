// How fast something may go on, with a burst at first.
#pragma once

#include <algorithm>
#include <chrono>

#include "belfry/limits.h"
#include "core/clock.h"

namespace belfry {

/// The bucket of one peer, eight bytes: when it will be full again says how much is missing. What is taken is
/// taken, also where there is not as much; then something is owed, and nothing more is to be taken until it
/// is paid. A value of one thread; the rate is given with each call and must be bounded.
class TokenBucket {
 public:
  using Duration = std::chrono::nanoseconds;

  void take(const Rate& rate, TimePoint now, double amount = 1) {
    full_at_ = std::max(full_at_, now) + time_of(rate, amount);
  }
  /// How long something is owed yet; zero: nothing is.
  Duration owed(const Rate& rate, TimePoint now) const {
    const Duration whole = time_of(rate, std::max(rate.burst, rate.per_second));
    return full_at_ > now + whole ? Duration(full_at_ - now - whole) : Duration(0);
  }
  /// How long until one more may be taken without owing anything; zero: now.
  Duration until_one(const Rate& rate, TimePoint now) const {
    TokenBucket after = *this;
    after.take(rate, now);
    return after.owed(rate, now);
  }
  bool full(TimePoint now) const { return full_at_ <= now; }

 private:
  // No debt and no burst is longer than a day.
  static Duration time_of(const Rate& rate, double amount) {
    constexpr double kDaySeconds = 86'400;
    const double seconds = std::min(amount / rate.per_second, kDaySeconds);
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  }

  TimePoint full_at_{};
};

/// The two buckets of `RateLimits`.
struct Meter {
  TokenBucket messages;
  TokenBucket bytes;

  /// Takes one message of that size; how long something is owed.
  TokenBucket::Duration take(const RateLimits& limits, TimePoint now, std::size_t size) {
    if (limits.messages.bounded()) messages.take(limits.messages, now);
    if (limits.bytes.bounded()) bytes.take(limits.bytes, now, static_cast<double>(size));
    return owed(limits, now);
  }
  TokenBucket::Duration owed(const RateLimits& limits, TimePoint now) const {
    TokenBucket::Duration owed{0};
    if (limits.messages.bounded()) owed = messages.owed(limits.messages, now);
    if (limits.bytes.bounded()) owed = std::max(owed, bytes.owed(limits.bytes, now));
    return owed;
  }
};

}  // namespace belfry
