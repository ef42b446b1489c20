// Limits that hold over all nodes of a cluster.
#pragma once

#include <memory>
#include <string>

#include "auth/rate_limit.h"
#include "redis/window_limit.h"
#include "runtime/flag.h"

namespace belfry::server {

/// One limit on one shard: counts in Redis, and where Redis is away in memory, each node for itself from
/// nothing. Tries of one shard are answered in order. Belongs to its shard's thread, which it is asked on and
/// answers on; the rest outlives it.
class RedisRateLimiter final : public auth::RateLimiter {
 public:
  /// `prefix`: of its keys. `up`: whether Redis is there.
  RedisRateLimiter(const redis::WindowLimit& counter, const runtime::Flag& up, std::string prefix,
                   auth::RateLimit limit)
      : counter_(counter), up_(up), prefix_(std::move(prefix)), limit_(limit), memory_(limit) {}

  void check(std::string_view key, TimePoint now, std::function<void(Result<void>)> done) override;

 private:
  const redis::WindowLimit& counter_;
  const runtime::Flag& up_;
  const std::string prefix_;
  const auth::RateLimit limit_;
  auth::MemoryRateLimiter memory_;
  std::size_t asked_ = 0;  // tries that Redis has not answered yet
};

auth::MakeRateLimiter redis_rate_limiters(const redis::WindowLimit& counter, const runtime::Flag& up,
                                          std::string prefix);

}  // namespace belfry::server
