// What this server shares with others over Redis.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apps/common/alarm.h"
#include "auth/rate_limit.h"
#include "belfry/log.h"
#include "belfry/server.h"
#include "redis/client.h"
#include "redis/facts_node.h"
#include "redis/window_limit.h"
#include "runtime/flag.h"
#include "runtime/shared_facts.h"
#include "server/config.h"

namespace belfry::server {

/// To the Redis of the configuration; null where there is none. Fails as `redis::make_client`.
Result<std::unique_ptr<redis::Client>> open_redis(const Config& config, Log& log);

/// What it has counted. A value.
struct ClusterStats {
  redis::ClientStats client;
  redis::FactsStats facts;
};

/// Facts over Redis (redis/facts_node.h says how), on shard 0. Owned by the wiring; outlives the shards'
/// threads, and the client outlives it.
class RedisFacts final : public runtime::SharedFacts {
 public:
  RedisFacts(Server& server, redis::Client& client, std::string node, redis::FactsOptions options);

  bool shared() const override { return true; }
  const std::string& node() const override { return node_; }
  void put(std::string_view kind, std::string_view key, std::string value) override;
  void remove(std::string_view kind, std::string_view key) override;
  void watch(std::string kind, Watcher watcher) override;
  void on_gone(std::function<void(const std::string&)> told) override { gone_.push_back(std::move(told)); }
  void on_anew(std::function<void()> told) override { anew_.push_back(std::move(told)); }
  void on_known(std::function<void(const std::set<std::string>&)> told) override {
    known_.push_back(std::move(told));
  }

  /// Once the server listens.
  void start();
  /// Tells the others that all facts of this node are over; waits for Redis, at most so long. Not on a shard.
  void leave(milliseconds limit);
  /// On a shard, and answered there.
  void stats(std::function<void(redis::FactsStats)> done);

 private:
  void run(std::function<void(TimePoint)> task);
  void tell(const std::string& owner, const std::string& field, const std::string* value) const;
  void watch_time();

  Server& server_;
  const std::string node_;
  // Constant once the server listens.
  std::map<std::string, std::vector<Watcher>, std::less<>> watchers_;
  std::vector<std::function<void(const std::string&)>> gone_;
  std::vector<std::function<void()>> anew_;
  std::vector<std::function<void(const std::set<std::string>&)>> known_;
  // On shard 0.
  redis::FactsNode facts_;
  apps::Alarm alarm_;
};

/// This server's part in a cluster; where there is no Redis, it is alone, and all of it costs nothing. Owned
/// by the wiring, like RedisFacts; the client outlives it.
class Cluster {
 public:
  /// `client`: null where this server is alone.
  Cluster(const Config& config, Server& server, redis::Client* client, Log& log);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  runtime::SharedFacts& facts();
  const auth::MakeRateLimiter& limiters() const { return limiters_; }

  /// Once the server listens.
  void start();
  /// Takes this node's facts back, within the time. Not on a shard.
  void leave(milliseconds limit);
  /// What has been counted; nothing where this server is alone. On a shard, and answered there.
  void stats(const std::function<void(std::optional<ClusterStats>)>& done);

 private:
  runtime::LocalFacts alone_;
  runtime::Flag up_{false};
  redis::Client* const client_;
  const std::unique_ptr<redis::WindowLimit> counter_;
  const std::unique_ptr<RedisFacts> facts_;
  const auth::MakeRateLimiter limiters_;
};

}  // namespace belfry::server
