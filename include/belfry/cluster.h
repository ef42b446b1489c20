// Several servers behind one address, without sticky sessions.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace belfry {

/// Where the other servers are. Shared by the server and whoever keeps it up to date; asked on every shard,
/// for each request that has to be forwarded, so it answers at once.
class PeerDirectory {
 public:
  virtual ~PeerDirectory() = default;
  /// Where that node listens for its peers (`Server::listen_peers`), as `host:port`; nothing: it is not
  /// known.
  virtual std::optional<std::string> find(std::string_view node) const = 0;
};

/// A directory that stays as it is: from a node's tag to `host:port`.
std::shared_ptr<const PeerDirectory> fixed_peers(std::map<std::string, std::string, std::less<>> addresses);

/// Session ids name their node, and a request or an upgrade whose id names another one is forwarded there. So
/// a polling client may reach any node with each of its requests. A forwarded request is never forwarded
/// again.
struct ClusterOptions {
  /// This server's tag, of its own among all that clients may reach: 1 to 16 of `A-Z a-z 0-9 _ -`.
  std::string node;
  /// What all of them know and nobody else does, at least 16 bytes. It signs what is forwarded.
  std::string secret;
  std::shared_ptr<const PeerDirectory> peers;  ///< null: nothing is forwarded
  /// To reach a peer; past it 502. For its answer there are the heartbeat's times and 10 s more; past them
  /// 504.
  std::chrono::milliseconds connect_timeout{2'000};
  std::size_t max_forwards = 10'000;  ///< at once, per shard, WebSockets included; past it 503
};

}  // namespace belfry
