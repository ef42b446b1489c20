// The other servers of a cluster, as one shard sees them.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "belfry/cluster.h"
#include "core/metrics.h"

namespace belfry::net {

/// What came of a request that was to be forwarded.
enum class Forwarded {
  answered,      ///< the other server's answer was sent on
  upgraded,      ///< to a WebSocket, which is relayed
  unknown_node,  ///< nobody knows where that server is: `Session ID unknown`
  unreachable,   ///< it did not let itself be connected to: 502
  timeout,       ///< it did not answer in time: 504
  lost,          ///< its answer ended early, or was none: 502, or the connection is cut
  left,          ///< the client went away first
  busy,          ///< too many at once: 503
  count
};
std::string_view name_of(Forwarded outcome);

struct PeerAddress {
  std::string host;
  int port = 0;

  /// As `read_peer_address` reads it.
  std::string text() const;
};
/// `host:port`, `[::1]:port`; nothing: it is neither.
std::optional<PeerAddress> read_peer_address(std::string_view text);

/// One a shard. Bounds and counts what is forwarded there.
class Peers {
 public:
  /// `answer_timeout`: for an answer to begin, and between its parts.
  Peers(ClusterOptions options, std::chrono::milliseconds answer_timeout)
      : options_(std::move(options)), answer_timeout_(answer_timeout) {}

  const std::string& node() const { return options_.node; }
  const std::string& secret() const { return options_.secret; }
  std::chrono::milliseconds connect_timeout() const { return options_.connect_timeout; }
  std::chrono::milliseconds answer_timeout() const { return answer_timeout_; }

  /// Where that node is; nothing: it is not known.
  std::optional<PeerAddress> find(std::string_view node) const;
  /// One more, for as long as it is held; null: there are too many.
  std::shared_ptr<const void> begin();

  void count(Forwarded outcome) { counts_[static_cast<std::size_t>(outcome)].add(1); }
  /// Any thread.
  std::int64_t count_of(Forwarded outcome) const { return counts_[static_cast<std::size_t>(outcome)].get(); }

 private:
  const ClusterOptions options_;
  const std::chrono::milliseconds answer_timeout_;
  // Held by all that are under way, which may outlive this.
  const std::shared_ptr<std::size_t> active_ = std::make_shared<std::size_t>(0);
  std::array<Tally, static_cast<std::size_t>(Forwarded::count)> counts_;
};

}  // namespace belfry::net
