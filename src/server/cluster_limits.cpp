#include "server/cluster_limits.h"

#include <utility>

#include "runtime/shard.h"

namespace belfry::server {

auth::MakeRateLimiter redis_rate_limiters(const redis::WindowLimit& counter, const runtime::Flag& up,
                                          std::string prefix) {
  return [&counter, &up, prefix = std::move(prefix)](const std::string& name, auth::RateLimit limit) {
    return std::make_unique<RedisRateLimiter>(counter, up, prefix + name + ":", limit);
  };
}

// What comes while others wait for Redis waits behind them, so that nothing overtakes.
void RedisRateLimiter::check(std::string_view key, TimePoint now, std::function<void(Result<void>)> done) {
  if (limit_.max_times == 0) return done({});
  if (asked_ == 0 && !up_.get()) return memory_.check(key, now, std::move(done));
  ++asked_;
  const auto decide = [this, key = std::string(key),
                       done = std::move(done)](const Result<redis::WindowLimit::Verdict>& verdict) {
    --asked_;
    if (!verdict) return memory_.check(key, TimePoint::clock::now(), done);
    if (verdict->passed) return done({});
    done(std::unexpected(auth::too_often(verdict->retry_after)));
  };
  counter_.take(prefix_ + std::string(key), limit_.max_times, limit_.window,
                [here = runtime::Shard::current(), decide](Result<redis::WindowLimit::Verdict> verdict) {
                  here->post([decide, verdict = std::move(verdict)] { decide(verdict); });
                });
}

}  // namespace belfry::server
