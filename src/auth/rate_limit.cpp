#include "auth/rate_limit.h"

#include <algorithm>

namespace belfry::auth {

Result<void> MemoryRateLimiter::take(std::string_view key, TimePoint now) {
  if (limit_.max_times == 0) return {};
  forget_quiet(now);
  const auto entry = entry_of(key);
  auto& times = entry->times;
  if (times.size() < limit_.max_times) {
    times.push_back(now);
  } else {
    const auto free_at = times[entry->oldest] + limit_.window;
    if (free_at > now) {
      const auto wait = std::chrono::ceil<milliseconds>(free_at - now);
      return std::unexpected(Error{
          .kind = ErrorKind::rate_limited, .message = "Rate limit exceeded", .retry_after_ms = wait.count()});
    }
    times[entry->oldest] = now;
    entry->oldest = (entry->oldest + 1) % limit_.max_times;
  }
  entry->last = now;
  entries_.splice(entries_.end(), entries_, entry);
  return {};
}

MemoryRateLimiter::Entries::iterator MemoryRateLimiter::entry_of(std::string_view key) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) return found->second;
  if (entries_.size() >= max_keys_) {
    by_key_.erase(entries_.front().key);
    entries_.pop_front();
  }
  const auto entry = entries_.insert(entries_.end(), Entry{.key = std::string(key), .times = {}, .last = {}});
  by_key_.emplace(entry->key, entry);
  return entry;
}

void MemoryRateLimiter::forget_quiet(TimePoint now) {
  constexpr int kAtOnce = 2;  // more than one new key a call can bring, so that they do not pile up
  for (int i = 0; i < kAtOnce && !entries_.empty() && entries_.front().last + limit_.window <= now; ++i) {
    by_key_.erase(entries_.front().key);
    entries_.pop_front();
  }
}

}  // namespace belfry::auth
