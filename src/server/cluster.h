// This server as one of several: whose sessions are whose, and who brings what to whom.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/cluster.h"
#include "belfry/log.h"
#include "belfry/result.h"
#include "belfry/server.h"
#include "net/peers.h"
#include "runtime/guarded.h"
#include "runtime/shared_facts.h"
#include "server/config.h"

namespace belfry::server {

/// `[cluster] listen`: where there is a Redis, the address from which it is reached; nowhere.
inline constexpr std::string_view kListenAuto = "auto";
inline constexpr std::string_view kListenOff = "off";

using PeerAddresses = std::map<std::string, std::string, std::less<>>;

/// `tag=host:port` each. Fails with `invalid` on what is none, or says a tag twice.
Result<PeerAddresses> read_peers(const std::vector<std::string>& texts);

/// Where the other nodes listen: those of the settings, and those that say so themselves. Any thread.
class KnownPeers final : public PeerDirectory {
 public:
  explicit KnownPeers(PeerAddresses fixed) : fixed_(std::move(fixed)) {}
  std::optional<std::string> find(std::string_view node) const override;
  /// What a node says of itself, as `runtime::SharedFacts::Watcher`: its last word counts, whatever it takes
  /// back of an epoch before.
  void on_fact(const std::string& owner, const std::string& node, const std::string* address);

 private:
  struct Told {
    std::string owner;
    std::string address;
  };
  const PeerAddresses fixed_;
  mutable runtime::Guarded<std::map<std::string, Told, std::less<>>> told_;
};

/// This node's part in forwarding. Owned by the wiring; the configuration, checked, outlives it.
class Forwarding {
 public:
  explicit Forwarding(const Config& config);

  /// Nothing where this node has no tag. `signing_secret`: of the tokens.
  std::optional<ClusterOptions> options(const std::string& signing_secret) const;
  /// While the program is wired.
  void follow(runtime::SharedFacts& facts) const;
  /// Listens for the other nodes, if it is to. Looking up Redis may block.
  Result<void> listen(Server& server, Log& log);
  /// Says where it listens, once it does.
  void tell(runtime::SharedFacts& facts) const;

 private:
  Result<std::string> own_address() const;
  Result<net::PeerAddress> where() const;

  const Config& config_;
  const std::string tag_;
  const std::shared_ptr<KnownPeers> peers_;
  std::string told_;  // where the others find this node; empty: nowhere
};

}  // namespace belfry::server
