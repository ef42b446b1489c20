#include "server/cluster.h"

#include "core/ids.h"

namespace belfry::server {

Result<std::map<std::string, std::string, std::less<>>> read_peers(const std::vector<std::string>& texts) {
  std::map<std::string, std::string, std::less<>> peers;
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

std::optional<ClusterOptions> cluster_options(const ClusterSettings& settings,
                                              const std::string& signing_secret) {
  if (!settings.enabled()) return std::nullopt;
  // Under another name, what is signed for one use is of no use for the other.
  const std::string secret = settings.secret.empty() ? "belfry cluster " + signing_secret : settings.secret;
  return ClusterOptions{.node = settings.node,
                        .secret = secret,
                        .peers = fixed_peers(read_peers(settings.peers).value()),
                        .connect_timeout = settings.connect_timeout_ms,
                        .max_forwards = static_cast<std::size_t>(settings.forwards_max)};
}

}  // namespace belfry::server
