// Where a client is, behind proxies that are believed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/adapter.h"
#include "belfry/result.h"

namespace belfry::apps {

/// Addresses and networks (`10.1.2.3`, `10.0.0.0/8`, `fd00::/8`), and `unix`: the peers of a Unix socket.
/// Immutable, any thread.
class TrustedProxies {
 public:
  TrustedProxies() = default;
  /// Fails with `invalid` where one is no address and no network.
  static Result<TrustedProxies> parse(const std::vector<std::string>& networks);

  bool contains(std::string_view address) const;
  /// The client's address: the peer's, or where the peer is trusted the last one in `X-Forwarded-For` that is
  /// not.
  std::string client_of(const std::string& peer, std::string_view forwarded_for) const;
  std::string client_of(const HandshakeInfo& handshake) const;

 private:
  using Bytes = std::array<std::uint8_t, 16>;  // IPv4 as IPv6 maps it
  struct Network {
    Bytes address{};
    unsigned bits = 128;
  };

  static std::optional<Bytes> read(std::string_view address);
  static std::optional<Network> read_network(std::string_view text);

  std::vector<Network> networks_;
  bool unix_ = false;
};

}  // namespace belfry::apps
