#include "server/cluster.h"

#include "core/ids.h"
#include "net/listener.h"
#include "server/redis_options.h"

namespace belfry::server {

namespace {

constexpr std::string_view kFactsKind = "peer";
constexpr std::size_t kTagChars = 8;

std::string tag_of(const Config& config) {
  if (!config.cluster.node.empty()) return config.cluster.node;
  if (!config.redis.enabled() || config.cluster.listen == kListenOff) return "";
  const std::string chance = make_sid();
  return chance.substr(chance.size() - kTagChars);
}

bool is_any_address(std::string_view host) {
  return host == "0.0.0.0" || host == "::";
}

}  // namespace

Result<PeerAddresses> read_peers(const std::vector<std::string>& texts) {
  PeerAddresses peers;
  for (const std::string& text : texts) {
    const auto equals = text.find('=');
    const std::string node = text.substr(0, equals);
    const std::string address = equals == std::string::npos ? "" : text.substr(equals + 1);
    if (!is_node_tag(node) || !net::read_peer_address(address)) {
      return fail(ErrorKind::invalid, "holds '" + text + "', which is not tag=host:port");
    }
    if (!peers.emplace(node, address).second) {
      return fail(ErrorKind::invalid, "holds the node '" + node + "' twice");
    }
  }
  return peers;
}

std::optional<std::string> KnownPeers::find(std::string_view node) const {
  if (const auto fixed = fixed_.find(node); fixed != fixed_.end()) return fixed->second;
  return told_.with([node](const auto& all) {
    const auto told = all.find(node);
    return told == all.end() ? std::nullopt : std::optional(told->second.address);
  });
}

void KnownPeers::on_fact(const std::string& owner, const std::string& node, const std::string* address) {
  told_.with([&](auto& all) {
    if (address != nullptr) {
      all[node] = {owner, *address};
    } else if (const auto told = all.find(node); told != all.end() && told->second.owner == owner) {
      all.erase(told);
    }
  });
}

Forwarding::Forwarding(const Config& config)
    : config_(config),
      tag_(tag_of(config)),
      peers_(std::make_shared<KnownPeers>(read_peers(config.cluster.peers).value())) {}

std::optional<ClusterOptions> Forwarding::options(const std::string& signing_secret) const {
  if (tag_.empty()) return std::nullopt;
  const ClusterSettings& settings = config_.cluster;
  // Under another name, what is signed for one use is of no use for the other.
  const std::string secret = settings.secret.empty() ? "belfry cluster " + signing_secret : settings.secret;
  return ClusterOptions{.node = tag_,
                        .secret = secret,
                        .peers = peers_,
                        .connect_timeout = settings.connect_timeout_ms,
                        .max_forwards = static_cast<std::size_t>(settings.forwards_max)};
}

void Forwarding::follow(runtime::SharedFacts& facts) const {
  facts.watch(std::string(kFactsKind),
              [peers = peers_](const std::string& owner, const std::string& node,
                               const std::string* address) { peers->on_fact(owner, node, address); });
}

// Of this machine, as others see it that share the Redis.
Result<std::string> Forwarding::own_address() const {
  const auto redis = redis_options(config_.redis);
  if (!redis) return std::unexpected(redis.error());
  const RedisAddress& address = redis->addresses.front();
  if (address.host.starts_with('/')) return "127.0.0.1";
  return net::own_address_towards(address.host, address.port);
}

Result<net::PeerAddress> Forwarding::where() const {
  if (config_.cluster.listen != kListenAuto) return net::read_peer_address(config_.cluster.listen).value();
  auto host = own_address();
  if (!host) return std::unexpected(host.error());
  return net::PeerAddress{std::move(*host), 0};
}

Result<void> Forwarding::listen(Server& server, Log& log) {
  const std::string& wanted = config_.cluster.listen;
  const bool by_itself = wanted == kListenAuto;
  if (tag_.empty() || wanted == kListenOff || (by_itself && !config_.redis.enabled())) return {};
  auto at = where();
  auto port = at ? server.listen_peers(at->host, at->port) : std::unexpected(at.error());
  if (!port && by_itself) {
    log.warn("server", "other nodes cannot bring this one what is its own: set cluster.listen",
             {{"reason", port.error().message}});
    return {};
  }
  if (!port) return std::unexpected(port.error());
  at->port = *port;
  if (config_.redis.enabled() && is_any_address(at->host)) {
    if (auto own = own_address()) at->host = std::move(*own);
  }
  told_ = at->text();
  return {};
}

void Forwarding::tell(runtime::SharedFacts& facts) const {
  if (!told_.empty()) facts.put(kFactsKind, tag_, told_);
}

}  // namespace belfry::server
