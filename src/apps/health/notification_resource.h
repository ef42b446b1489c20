// The app's REST routes of notifications.
#pragma once

#include "apps/common/api.h"
#include "apps/health/shard_state.h"

namespace belfry::health {

/// Owned by the app; handlers run on the shard of their request.
class NotificationResource {
 public:
  NotificationResource(Context& context, apps::Api& api);

 private:
  void create(const apps::Call& call);
  void list(const apps::Call& call);

  Context& context_;
};

}  // namespace belfry::health
