#include "core/networks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace belfry {

namespace {

constexpr unsigned kMappedBits = 96;  // of an IPv4 address within IPv6
constexpr unsigned kPeerBytes = 8;    // of an IPv6 address that name a peer's network

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool same_prefix(const std::uint8_t* a, const std::uint8_t* b, unsigned bits) {
  const unsigned whole = bits / 8;
  if (!std::equal(a, a + whole, b)) return false;
  if (bits % 8 == 0) return true;
  const unsigned mask = 0xffU << (8 - bits % 8);
  return ((a[whole] ^ b[whole]) & mask & 0xffU) == 0;
}

bool is_v4(const AddressBytes& address) {
  constexpr AddressBytes kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return same_prefix(address.data(), kMapped.data(), kMappedBits);
}

}  // namespace

std::optional<AddressBytes> read_address(std::string_view address) {
  const std::string text(address);
  if (text.contains('\0')) return std::nullopt;  // where inet_pton would take it for the end
  AddressBytes bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  if (inet_pton(AF_INET, text.c_str(), bytes.data() + kMappedBits / 8) != 1) return std::nullopt;
  bytes[10] = bytes[11] = 0xff;
  return bytes;
}

AddressBytes network_of_peer(AddressBytes address) {
  if (!is_v4(address)) std::fill(address.begin() + kPeerBytes, address.end(), std::uint8_t{0});
  return address;
}

std::optional<Networks::Network> Networks::read_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = read_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  Network network{.address = *address};
  if (slash == std::string_view::npos) return network;
  const bool v4 = text.find(':') == std::string_view::npos;
  const unsigned added = v4 ? kMappedBits : 0;
  unsigned bits = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + slash + 1, last, bits);
  if (error != std::errc() || end != last || bits > 128 - added) return std::nullopt;
  network.bits = bits + added;
  return network;
}

Result<Networks> Networks::parse(const std::vector<std::string>& texts) {
  Networks networks;
  for (const std::string& text : texts) {
    if (text == kUnixPeer) {
      networks.unix_ = true;
      continue;
    }
    const auto network = read_network(text);
    if (!network) return fail(ErrorKind::invalid, text + " is no address or network");
    networks.networks_.push_back(*network);
  }
  return networks;
}

bool Networks::contains(std::string_view address) const {
  if (address == kUnixPeer) return unix_;
  if (networks_.empty()) return false;
  const auto bytes = read_address(address);
  return bytes && contains(*bytes);
}

bool Networks::contains(const AddressBytes& address) const {
  return std::ranges::any_of(networks_, [&](const Network& network) {
    return same_prefix(address.data(), network.address.data(), network.bits);
  });
}

std::string Networks::client_of(const std::string& peer, std::string_view forwarded_for) const {
  std::string client = peer;
  while (contains(client) && !forwarded_for.empty()) {
    const auto comma = forwarded_for.find_last_of(',');
    const std::string_view hop =
        trim(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
    forwarded_for = comma == std::string_view::npos ? std::string_view() : forwarded_for.substr(0, comma);
    if (!read_address(hop)) break;  // what is no address says nothing
    client = hop;
  }
  return client;
}

}  // namespace belfry
