// Addresses and networks of them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/result.h"

namespace belfry {

/// An IP address; IPv4 as IPv6 maps it.
using AddressBytes = std::array<std::uint8_t, 16>;

/// Of a text without a port; none where it is no address.
std::optional<AddressBytes> read_address(std::string_view text);
/// What one peer is counted as: an IPv4 address, or the network of 64 bits that an IPv6 address is in, of
/// which one customer has all.
AddressBytes network_of_peer(AddressBytes address);

/// What the peers of a Unix socket have in place of an address.
inline constexpr std::string_view kUnixPeer = "unix";

/// Addresses and networks (`10.1.2.3`, `10.0.0.0/8`, `fd00::/8`), and `unix`: the peers of a Unix socket.
/// Immutable, any thread.
class Networks {
 public:
  Networks() = default;
  /// Fails with `invalid` where one is no address and no network.
  static Result<Networks> parse(const std::vector<std::string>& texts);

  bool contains(std::string_view address) const;
  bool contains(const AddressBytes& address) const;
  /// The client's address where these are proxies that are believed: the peer's, or where the peer is one of
  /// them the last one in `X-Forwarded-For` that is not.
  std::string client_of(const std::string& peer, std::string_view forwarded_for) const;

 private:
  struct Network {
    AddressBytes address{};
    unsigned bits = 128;
  };
  static std::optional<Network> read_network(std::string_view text);

  std::vector<Network> networks_;
  bool unix_ = false;
};

}  // namespace belfry
