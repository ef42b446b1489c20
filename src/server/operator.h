// What whoever runs the server asks and orders: metrics, statistics, who is connected, emitting from
// elsewhere.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/common/api.h"
#include "apps/common/app_stats.h"
#include "apps/common/identity.h"
#include "auth/jwt.h"
#include "belfry/server.h"
#include "core/event_forms.h"
#include "runtime/event_bus.h"
#include "server/mailer.h"
#include "server/redis_cluster.h"
#include "store/store.h"

namespace belfry::server {

/// What it works with; all of it outlives it.
struct OperatorParts {
  Server& server;
  apps::Api& api;
  store::Store& store;
  runtime::EventBus& bus;
  const apps::Identity& identity;
  const auth::TokenVerifier& verifier;
  Mailer& mailer;
  Cluster& cluster;
  std::vector<apps::AppEntry> apps;
};

/// All that is known at one moment, nearly. A value.
struct Overview {
  ServerStats server;
  store::StoreStats store;
  MailStats mail;
  std::optional<ClusterStats> cluster;                   ///< of a server that is not alone
  std::map<std::string, std::int64_t> adapter_failures;  ///< likewise
  std::map<std::string, apps::AppStats> apps;
  std::map<std::string, std::int64_t> credentials_refused;
  std::map<std::string, std::int64_t> tokens_refused;
  double messages_per_second = 0;  ///< that came in, over the last seconds
  std::int64_t resident_bytes = 0;
  double uptime_seconds = 0;
};

/// The Prometheus text of it; docs/metrics.md lists the names.
std::string metrics_text(const Overview& overview);
/// `GET /v1/stats`
Value stats_json(const Overview& overview);

/// Owned by the wiring; handlers run on the shard of their request.
class Operator {
 public:
  explicit Operator(OperatorParts parts);

  /// Of the events that it tells.
  static void add_forms(EventForms& forms);

  /// Once the server listens: begins to measure rates.
  void start();

 private:
  struct Emission;
  struct Disconnection;

  void overview(std::function<void(const Overview&)> done);
  // On shard 0, these two.
  void next_overview();
  void gather(std::function<void(Overview)> done);
  void stats(const apps::Call& call);
  void connected(const apps::Call& call);
  void disconnect(const apps::Call& call);
  void emit(const apps::Call& call);
  void sockets(const apps::Call& call);
  void rooms(const apps::Call& call);
  void sample();
  const apps::AppEntry* app_named(std::string_view name) const;
  // The sockets of the apps that the call names (none: all), with their app.
  using Found = std::vector<std::pair<std::string, RemoteSocket>>;
  void fetch(const apps::Call& call, const std::vector<std::string>& rooms, std::function<void(Found)> done);

  OperatorParts parts_;
  const TimePoint began_ = TimePoint::clock::now();
  std::deque<std::pair<TimePoint, std::int64_t>> samples_;  // of messages that came in; belongs to shard 0
  double messages_per_second_ = 0;                          // likewise
  bool overview_running_ = false;                           // likewise
  // Likewise: those for whom the next one is made.
  std::vector<std::function<void(const std::shared_ptr<const Overview>&)>> overview_waiting_;
};

}  // namespace belfry::server
