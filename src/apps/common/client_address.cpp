#include "apps/common/client_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace belfry::apps {

namespace {

constexpr unsigned kMappedBits = 96;  // of an IPv4 address within IPv6
constexpr std::string_view kUnix = "unix";

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

}  // namespace

std::optional<TrustedProxies::Bytes> TrustedProxies::read(std::string_view address) {
  const std::string text(address);
  if (text.contains('\0')) return std::nullopt;  // where inet_pton would take it for the end
  Bytes bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  if (inet_pton(AF_INET, text.c_str(), bytes.data() + kMappedBits / 8) != 1) return std::nullopt;
  bytes[10] = bytes[11] = 0xff;
  return bytes;
}

std::optional<TrustedProxies::Network> TrustedProxies::read_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = read(text.substr(0, slash));
  if (!address) return std::nullopt;
  Network network{.address = *address};
  if (slash == std::string_view::npos) return network;
  const bool is_v4 = text.find(':') == std::string_view::npos;
  const unsigned added = is_v4 ? kMappedBits : 0;
  unsigned bits = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + slash + 1, last, bits);
  if (error != std::errc() || end != last || bits > 128 - added) return std::nullopt;
  network.bits = bits + added;
  return network;
}

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& networks) {
  TrustedProxies proxies;
  for (const std::string& text : networks) {
    if (text == kUnix) {
      proxies.unix_ = true;
      continue;
    }
    const auto network = read_network(text);
    if (!network) return fail(ErrorKind::invalid, text + " is no address or network");
    proxies.networks_.push_back(*network);
  }
  return proxies;
}

bool TrustedProxies::contains(std::string_view address) const {
  if (address == kUnix) return unix_;
  if (networks_.empty()) return false;
  const auto bytes = read(address);
  return bytes && std::ranges::any_of(networks_, [&](const Network& network) {
           return same_prefix(bytes->data(), network.address.data(), network.bits);
         });
}

std::string TrustedProxies::client_of(const std::string& peer, std::string_view forwarded_for) const {
  std::string client = peer;
  while (contains(client) && !forwarded_for.empty()) {
    const auto comma = forwarded_for.find_last_of(',');
    const std::string_view hop =
        trim(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
    forwarded_for = comma == std::string_view::npos ? std::string_view() : forwarded_for.substr(0, comma);
    if (!read(hop)) break;  // what is no address says nothing
    client = hop;
  }
  return client;
}

std::string TrustedProxies::client_of(const HandshakeInfo& handshake) const {
  std::string forwarded_for;
  for (const auto& [name, value] : handshake.headers) {
    if (name == "x-forwarded-for") forwarded_for += (forwarded_for.empty() ? "" : ",") + value;
  }
  return client_of(handshake.address, forwarded_for);
}

}  // namespace belfry::apps
