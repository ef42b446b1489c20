// The app's REST routes: visits and their messages and calls, and presence.
#pragma once

#include "apps/common/api.h"
#include "apps/health/presence_events.h"
#include "apps/health/shard_state.h"

namespace belfry::health {

/// Owned by the app; handlers run on the shard of their request.
class Resource {
 public:
  Resource(Context& context, apps::Api& api, PresenceEvents& presence);

 private:
  void create(const apps::Call& call);
  void list(const apps::Call& call);
  void history(const apps::Call& call);
  void send(const apps::Call& call);
  void look(const apps::Call& call);
  void list_calls(const apps::Call& call);

  Context& context_;
  PresenceEvents& presence_;
};

}  // namespace belfry::health
