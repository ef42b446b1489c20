// Redis, as the configuration names it.
#pragma once

#include "belfry/adapter.h"
#include "belfry/redis.h"
#include "belfry/result.h"
#include "server/config.h"

namespace belfry::server {

/// Only where `[redis]` is enabled. Fails with `invalid`, naming the part of the URL that is wrong and
/// showing nothing of it.
Result<RedisOptions> redis_options(const RedisSettings& settings);
/// What joins this server with those that have the same adapter, of Node.js, too. The settings are checked.
AdapterFactory redis_adapter_of(const RedisSettings& settings);

}  // namespace belfry::server
