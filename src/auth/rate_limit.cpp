#include "auth/rate_limit.h"

#include <cstdint>

namespace belfry::auth {

namespace {

// A pass is dated at the end of its millisecond, and looked at from the beginning of one: no window is too
// short.
std::uint32_t stamp(TimePoint pass) {
  return static_cast<std::uint32_t>(std::chrono::ceil<milliseconds>(pass.time_since_epoch()).count());
}

// Below zero within the millisecond of the pass itself.
milliseconds age(std::uint32_t pass, TimePoint now) {
  const auto begun = std::chrono::floor<milliseconds>(now.time_since_epoch()).count();
  return milliseconds(static_cast<std::int32_t>(static_cast<std::uint32_t>(begun) - pass));
}

}  // namespace

Error too_often(milliseconds retry_after) {
  return {.kind = ErrorKind::rate_limited,
          .message = "Rate limit exceeded",
          .retry_after_ms = retry_after.count()};
}

MakeRateLimiter memory_rate_limiters() {
  return [](const std::string&, RateLimit limit) { return std::make_unique<MemoryRateLimiter>(limit); };
}

Result<void> MemoryRateLimiter::take(std::string_view key, TimePoint now) {
  if (limit_.max_times == 0) return {};
  forget_quiet(now);
  Entry& entry = *entry_of(key);
  expire(entry, now);
  if (entry.passes.size() - entry.expired >= limit_.max_times) {
    const milliseconds wait = limit_.window - age(entry.passes[entry.expired], now);
    return std::unexpected(too_often(wait));
  }
  entry.passes.push_back(stamp(now));
  entry.last = now;
  entries_.splice(entries_.end(), entries_, by_key_.at(entry.key));
  return {};
}

void MemoryRateLimiter::expire(Entry& entry, TimePoint now) const {
  auto& passes = entry.passes;
  std::size_t& expired = entry.expired;
  if (entry.last + limit_.window <= now) expired = passes.size();
  while (expired < passes.size() && age(passes[expired], now) >= limit_.window) ++expired;
  // Half of it at least, so that what is moved was paid for by as many passes.
  if (expired * 2 < passes.size()) return;
  passes.erase(passes.begin(), passes.begin() + static_cast<std::ptrdiff_t>(expired));
  expired = 0;
}

MemoryRateLimiter::Entries::iterator MemoryRateLimiter::entry_of(std::string_view key) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) return found->second;
  if (entries_.size() >= max_keys_) {
    by_key_.erase(entries_.front().key);
    entries_.pop_front();
  }
  const auto entry =
      entries_.insert(entries_.end(), Entry{.key = std::string(key), .passes = {}, .last = {}});
  by_key_.emplace(entry->key, entry);
  return entry;
}

std::size_t MemoryRateLimiter::passes(std::string_view key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? 0 : found->second->passes.size();
}

void MemoryRateLimiter::forget_quiet(TimePoint now) {
  constexpr int kAtOnce = 2;  // more than one new key a call can bring, so that they do not pile up
  for (int i = 0; i < kAtOnce && !entries_.empty() && entries_.front().last + limit_.window <= now; ++i) {
    by_key_.erase(entries_.front().key);
    entries_.pop_front();
  }
}

}  // namespace belfry::auth
