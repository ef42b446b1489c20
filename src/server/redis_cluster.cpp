#include "server/redis_cluster.h"

#include <unistd.h>

#include <array>
#include <future>
#include <utility>

#include "core/ids.h"
#include "runtime/shard.h"
#include "server/cluster_limits.h"
#include "server/redis_options.h"

namespace belfry::server {

namespace {

std::string field_of(std::string_view kind, std::string_view key) {
  return std::string(kind) + ":" + std::string(key);
}

/// Of the names of keys and channels; what stands in braces has them all in one slot of a cluster.
std::string prefix_of(const Config& config) {
  return "belfry:{" + config.redis.prefix + "}";
}

/// The host's name, for people, and chance, so that no two starts have one name.
std::string node_of(const Config& config) {
  if (!config.cluster.node.empty()) return config.cluster.node;
  std::array<char, 64> host{};
  gethostname(host.data(), host.size() - 1);
  return std::string(host.data()) + "-" + make_sid().substr(0, 8);
}

redis::FactsOptions facts_options(const Config& config) {
  return {.prefix = prefix_of(config), .lease = config.presence.lease_ms};
}

}  // namespace

Result<std::unique_ptr<redis::Client>> open_redis(const Config& config, Log& log) {
  if (!config.redis.enabled()) return nullptr;
  const auto options = redis_options(config.redis);
  if (!options) return std::unexpected(options.error());
  return redis::make_client(*options, log);
}

Cluster::Cluster(const Config& config, Server& server, redis::Client* client, Log& log)
    : client_(client),
      counter_(client_ ? std::make_unique<redis::WindowLimit>(*client_) : nullptr),
      facts_(client_ ? std::make_unique<RedisFacts>(server, *client_, node_of(config), facts_options(config))
                     : nullptr),
      limiters_(client_ ? redis_rate_limiters(*counter_, up_, prefix_of(config) + ":limit:")
                        : auth::memory_rate_limiters()) {
  if (!client_) return;
  client_->on_state([this, &log](bool up) {
    if (up_.exchange(up) != up) log.info("redis", up ? "there" : "away");
  });
}

// Its thread calls what is destroyed next.
Cluster::~Cluster() {
  if (client_) client_->stop();
}

runtime::SharedFacts& Cluster::facts() {
  if (facts_) return *facts_;
  return alone_;
}

void Cluster::start() {
  if (facts_) facts_->start();
}

void Cluster::leave(milliseconds limit) {
  if (facts_) facts_->leave(limit);
}

void Cluster::stats(const std::function<void(std::optional<ClusterStats>)>& done) {
  if (!facts_) return done(std::nullopt);
  facts_->stats([this, done](const redis::FactsStats& facts) {
    done(ClusterStats{.client = client_->stats(), .facts = facts});
  });
}

RedisFacts::RedisFacts(Server& server, redis::Client& client, std::string node, redis::FactsOptions options)
    : server_(server),
      node_(std::move(node)),
      facts_(
          client, node_, [this](auto task) { run(std::move(task)); },
          {.peers = {.fact = [this](const std::string& owner, const std::string& field,
                                    const std::string* value) { tell(owner, field, value); },
                     .gone =
                         [this](const std::string& gone) {
                           for (const auto& told : gone_) told(gone);
                         }},
           .anew =
               [this] {
                 for (const auto& told : anew_) told();
               },
           .known =
               [this](const std::set<std::string>& nodes) {
                 for (const auto& told : known_) told(nodes);
               }},
          std::move(options)) {}

// What changes may bring the next deadline nearer.
void RedisFacts::run(std::function<void(TimePoint)> task) {
  server_.post_to(0, [this, task = std::move(task)] {
    task(TimePoint::clock::now());
    watch_time();
  });
}

void RedisFacts::watch_time() {
  alarm_.set(server_, facts_.next_deadline(), [this] {
    facts_.on_time(TimePoint::clock::now());
    watch_time();
  });
}

void RedisFacts::put(std::string_view kind, std::string_view key, std::string value) {
  run([this, field = field_of(kind, key), value = std::move(value)](TimePoint now) {
    facts_.put(field, value, now);
  });
}

void RedisFacts::remove(std::string_view kind, std::string_view key) {
  run([this, field = field_of(kind, key)](TimePoint now) { facts_.remove(field, now); });
}

void RedisFacts::watch(std::string kind, Watcher watcher) {
  watchers_[std::move(kind)].push_back(std::move(watcher));
}

// Kinds that nobody here watches may come of servers that know more.
void RedisFacts::tell(const std::string& owner, const std::string& field, const std::string* value) const {
  const auto colon = field.find(':');
  if (colon == field.npos) return;
  const auto watchers = watchers_.find(std::string_view(field).substr(0, colon));
  if (watchers == watchers_.end()) return;
  const std::string key = field.substr(colon + 1);
  for (const Watcher& watcher : watchers->second) watcher(owner, key, value);
}

void RedisFacts::start() {
  run([this](TimePoint) { facts_.start(); });
}

void RedisFacts::leave(milliseconds limit) {
  const auto left = std::make_shared<std::promise<void>>();
  run([this, left](TimePoint) { facts_.leave([left] { left->set_value(); }); });
  left->get_future().wait_for(limit);
}

void RedisFacts::stats(std::function<void(redis::FactsStats)> done) {
  runtime::Shard* const here = runtime::Shard::current();
  run([this, here, done = std::move(done)](TimePoint) {
    here->run_or_post([done, stats = facts_.stats()] { done(stats); });
  });
}

}  // namespace belfry::server
