#include "apps/health/health.h"

namespace belfry::health {

namespace {

apps::Mounts mounts_on(Server& server, bool root) {
  std::vector<Namespace> namespaces{server.of("/health")};
  if (root) namespaces.push_back(server.of("/"));
  return apps::Mounts(std::move(namespaces));
}

}  // namespace

Health::Health(const Parts& parts, const Options& options, bool root)
    : context_{parts.server,
               parts.store,
               parts.log,
               options,
               mounts_on(parts.server, root),
               {parts.server, [options] { return std::make_unique<ShardState>(options); }}},
      gateway_(context_, parts.identity, parts.proxies, parts.all_connects, parts.bus),
      resource_(context_, parts.api, gateway_.presence()),
      notification_resource_(context_, parts.api) {}

}  // namespace belfry::health
