// App `health`: messages, presence and notifications between patients and their providers.
#pragma once

#include "apps/common/api.h"
#include "apps/common/client_address.h"
#include "apps/health/gateway.h"
#include "apps/health/notification_resource.h"
#include "apps/health/resource.h"

namespace belfry::health {

/// What the app is made with; all of it outlives the app.
struct Parts {
  Server& server;
  store::Store& store;
  runtime::EventBus& bus;
  const apps::Identity& identity;
  const apps::TrustedProxies& proxies;
  apps::Homes<auth::MemoryRateLimiter>& all_connects;  ///< of all apps together, by address
  apps::Api& api;
  Log& log;
};

/// Made before the server listens; outlives the threads of the server's shards and of the store.
class Health {
 public:
  /// `root`: on `/` too, beside `/health`.
  Health(const Parts& parts, const Options& options, bool root);

  const apps::Events& events() const { return gateway_.events(); }
  /// For the routes of whoever runs the server.
  apps::AppEntry entry() {
    return {"health", context_.mounts, [this](const auto& done) { gateway_.gather_stats(done); }};
  }

 private:
  Context context_;
  Gateway gateway_;
  Resource resource_;
  NotificationResource notification_resource_;
};

}  // namespace belfry::health
