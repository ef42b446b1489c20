// Everything that serves, built by hand and joined by references.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/common/api.h"
#include "apps/common/auth_routes.h"
#include "apps/common/client_address.h"
#include "apps/common/homes.h"
#include "apps/common/identity.h"
#include "apps/common/parts.h"
#include "auth/jwt.h"
#include "auth/rate_limit.h"
#include "belfry/server.h"
#include "runtime/event_bus.h"
#include "runtime/flag.h"
#include "runtime/worker_pool.h"
#include "server/apps.h"
#include "server/archive.h"
#include "server/cluster.h"
#include "server/config.h"
#include "server/heap.h"
#include "server/keys.h"
#include "server/mail_routes.h"
#include "server/mailer.h"
#include "server/operator.h"
#include "server/redis_cluster.h"
#include "server/tls_reload.h"
#include "store/store.h"

namespace belfry::server {

/// Owned by `serve`, on the main thread. `redis` (null: this server is alone), `store`, whose events arrive
/// on `bus`, and `log` outlive it; but the store's threads must have ended before it goes, which is what
/// `stop` does.
class Wiring {
 public:
  Wiring(const Config& config, const std::string& secret, const Keys& keys, store::Store& store,
         runtime::EventBus& bus, Log& log, const std::vector<ExtraApp>& extra = {},
         redis::Client* redis = nullptr);
  ~Wiring();
  Wiring(const Wiring&) = delete;
  Wiring& operator=(const Wiring&) = delete;

  Result<void> listen();
  std::vector<apps::AppEntry> apps();
  /// Under `/v1` and `/auth`: the methods of each path.
  const std::map<std::string, std::set<std::string>>& routes() const { return api_.routes(); }
  int port() const { return server_.port(); }
  /// Reads the certificate again. Not on a shard.
  void reload_tls() { tls_.reload(); }
  /// Graceful: says that it is not ready, lets in nobody new and moves the clients away, finishes mails under
  /// way and what the store has begun, and answers it, then closes what is left; within the configured times.
  /// Idempotent.
  void stop();

 private:
  Result<void> listen_where_told();
  void limit_events();
  void settle();

  const Config& config_;
  store::Store& store_;
  Log& log_;
  Forwarding forwarding_;
  // Destroyed from the last to the first: handlers point to the apps, but no thread runs any more by then.
  Server server_;
  runtime::WorkerPool pool_;
  auth::TokenVerifier verifier_;
  KeyRefresh keys_;
  TlsReload tls_;
  HeapTrim heap_;
  Retention retention_;
  Mailer mailer_;
  apps::TrustedProxies proxies_;
  apps::Identity identity_;
  apps::Api api_;
  Cluster cluster_;
  apps::Devices devices_;
  apps::Homes<auth::RateLimiter> all_connects_;
  apps::UserLimits user_limits_;
  apps::AuthRoutes auth_;
  const apps::Parts parts_;
  const std::vector<std::unique_ptr<apps::App>> apps_;
  MailRoutes mail_routes_;
  Operator operator_;
  runtime::Flag ready_{true};
  bool running_ = false;
};

}  // namespace belfry::server
