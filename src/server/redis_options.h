// Redis, as the configuration names it.
#pragma once

#include "belfry/redis.h"
#include "belfry/result.h"
#include "server/config.h"

namespace belfry::server {

/// Only where `[redis]` is enabled. Fails with `invalid`, naming the part of the URL that is wrong and
/// showing nothing of it.
Result<RedisOptions> redis_options(const RedisSettings& settings);

}  // namespace belfry::server
