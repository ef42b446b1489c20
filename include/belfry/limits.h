// How much a peer may send, and how much it may hold.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace belfry {

/// So many a second in the long run, and `burst` of them at once. A value. 0 a second: no bound.
struct Rate {
  double per_second = 0;
  double burst = 0;  ///< less than a second's worth counts as that

  bool bounded() const { return per_second > 0; }
  bool operator==(const Rate&) const = default;
};

/// What a peer may send: Engine.IO messages, and the bytes of them. Past it nothing is lost: the peer is
/// warned and not read any more until it may send again.
struct RateLimits {
  Rate messages = {};
  Rate bytes = {};

  bool bounded() const { return messages.bounded() || bytes.bounded(); }
};

/// What one address may do; of IPv6, one network of 64 bits. Behind a proxy that is trusted, the address that
/// it forwards.
struct AddressLimits {
  /// TCP connections at a time, 0: no bound; and how fast new ones may come. Past it they are closed at once.
  std::size_t max_connections = 0;
  Rate connections = {};
  /// Engine.IO sessions at a time, 0: no bound; and how fast new ones may come. Past it handshakes get 429,
  /// with `Retry-After` where they come too fast.
  std::size_t max_sessions = 0;
  Rate handshakes = {};
  /// Addresses and networks (`10.0.0.0/8`) without these bounds.
  std::vector<std::string> exempt = {};
  /// Those whose `X-Forwarded-For` is believed. They have no bounds either: they come for others.
  std::vector<std::string> trusted_proxies = {};
  /// How many are remembered that have nothing open; past it the one that was quiet for longest is forgotten.
  std::size_t max_addresses = 100'000;

  bool bounded() const {
    return max_connections != 0 || max_sessions != 0 || connections.bounded() || handshakes.bounded();
  }
};

/// What several sockets may send together, on whichever shards they are. Any thread.
class SharedLimit;
std::shared_ptr<SharedLimit> make_shared_limit(const RateLimits& limits);

}  // namespace belfry
