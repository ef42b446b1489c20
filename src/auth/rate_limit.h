// How often something may be done: so many times in any window of time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "belfry/result.h"
#include "core/clock.h"

namespace belfry::auth {

/// A sliding window: of `max_times`, the last passes, and the next within any `window` fails.
struct RateLimit {
  std::size_t max_times = 0;    ///< 0: no limit
  milliseconds window{60'000};  ///< at most a day
};

/// What fails where something was done too often.
Error too_often(milliseconds retry_after);

/// Counts by key (a user, an address). The interface of what may be counted elsewhere than here.
class RateLimiter {
 public:
  virtual ~RateLimiter() = default;
  /// Counts one more and calls `done`, at once or later on the caller's thread: with success, or with
  /// `rate_limited` and when to try again. What fails is not counted. `done` is called in the order of the
  /// calls.
  virtual void check(std::string_view key, TimePoint now, std::function<void(Result<void>)> done) = 0;
};

/// Counts in memory. Belongs to one thread. Bounded: at most `max_keys`, past it the key that passed longest
/// ago is forgotten; and of a key the passes of two windows, at most `max_times` in each.
class MemoryRateLimiter final : public RateLimiter {
 public:
  explicit MemoryRateLimiter(RateLimit limit, std::size_t max_keys = 100'000)
      : limit_(limit), max_keys_(max_keys == 0 ? 1 : max_keys) {}

  /// Counts one more: success, or `rate_limited`.
  Result<void> take(std::string_view key, TimePoint now);
  void check(std::string_view key, TimePoint now, std::function<void(Result<void>)> done) override {
    done(take(key, now));
  }
  /// How many keys are remembered.
  std::size_t size() const { return entries_.size(); }
  /// How many passes of a key are remembered.
  std::size_t passes(std::string_view key) const;

 private:
  // Milliseconds, of which only the low half is kept: right for what is not older than two windows.
  using Stamp = std::uint32_t;

  struct Entry {
    std::string key;
    std::vector<Stamp> passes;  // the oldest first
    std::size_t expired = 0;    // so many of the first are out of the window
    TimePoint last;             // pass
  };
  using Entries = std::list<Entry>;

  void expire(Entry& entry, TimePoint now) const;

  Entries::iterator entry_of(std::string_view key);
  // Forgets a few of the keys that have been quiet for a whole window.
  void forget_quiet(TimePoint now);

  const RateLimit limit_;
  const std::size_t max_keys_;
  Entries entries_;                                                 // the one that passed longest ago first
  std::unordered_map<std::string_view, Entries::iterator> by_key_;  // views of the entries' own keys
};

/// Makes what counts one limit on one shard; all with one `name` are one limit, where they count together.
using MakeRateLimiter = std::function<std::unique_ptr<RateLimiter>(const std::string& name, RateLimit limit)>;
/// Each counts for itself.
MakeRateLimiter memory_rate_limiters();

}  // namespace belfry::auth
