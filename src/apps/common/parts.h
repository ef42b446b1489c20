// What every app is made with.
#pragma once

#include <string>

#include "apps/common/api.h"
#include "apps/common/client_address.h"
#include "apps/common/devices.h"
#include "apps/common/homes.h"
#include "apps/common/identity.h"
#include "apps/common/mounts.h"
#include "apps/common/user_limits.h"
#include "auth/rate_limit.h"
#include "belfry/log.h"
#include "belfry/server.h"
#include "runtime/event_bus.h"
#include "runtime/shared_facts.h"
#include "store/store.h"

namespace belfry::apps {

/// All of it outlives the apps.
struct Parts {
  Server& server;
  store::Store& store;
  runtime::EventBus& bus;
  const Identity& identity;
  const TrustedProxies& proxies;
  runtime::SharedFacts& facts;  ///< what the nodes of a cluster tell each other
  Devices& devices;
  const auth::MakeRateLimiter& limiters;
  Homes<auth::RateLimiter>& all_connects;  ///< of all apps together, by address
  Api& api;
  Log& log;
  milliseconds expiry_grace;  ///< from `auth:expired` to the disconnect
  bool mail_enabled;          ///< whether mail is sent; where not, none is to be queued
  std::string public_url;     ///< where the server is reached from outside, without a slash at the end
  UserLimits& user_limits;
};

/// An app's namespaces: `/<app>`, and `/` for the one that is the root.
inline Mounts mounts_of(Server& server, const std::string& app, bool root) {
  std::vector<Namespace> namespaces{server.of("/" + app)};
  if (root) namespaces.push_back(server.of("/"));
  return Mounts(std::move(namespaces));
}

}  // namespace belfry::apps
