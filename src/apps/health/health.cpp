#include "apps/health/health.h"

namespace belfry::health {

Health::Health(const apps::Parts& parts, const Options& options, bool root)
    : context_{parts.server,
               parts.store,
               parts.facts,
               parts.log,
               options,
               apps::mounts_of(parts.server, "health", root),
               {parts.server, [&options, &parts] { return std::make_unique<ShardState>(options, parts); }}},
      gateway_(context_, parts),
      resource_(context_, parts.api, gateway_.presence()),
      notification_resource_(context_, parts.api) {}

}  // namespace belfry::health
