// App `health`: messages, presence and notifications between patients and their providers.
#pragma once

#include "apps/common/parts.h"
#include "apps/health/gateway.h"
#include "apps/health/notification_resource.h"
#include "apps/health/resource.h"

namespace belfry::health {

/// Made before the server listens; outlives the threads of the server's shards and of the store.
class Health {
 public:
  /// `root`: on `/` too, beside `/health`.
  Health(const apps::Parts& parts, const Options& options, bool root);

  /// For the routes of whoever runs the server.
  apps::AppEntry entry() {
    return {"health", context_.mounts, gateway_.events(),
            [this](const auto& done) { gateway_.gather_stats(done); }};
  }

 private:
  Context context_;
  Gateway gateway_;
  Resource resource_;
  NotificationResource notification_resource_;
};

}  // namespace belfry::health
