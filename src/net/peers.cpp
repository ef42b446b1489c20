#include "net/peers.h"

#include <charconv>

namespace belfry {

namespace {

class FixedPeers : public PeerDirectory {
 public:
  explicit FixedPeers(std::map<std::string, std::string, std::less<>> addresses)
      : addresses_(std::move(addresses)) {}
  std::optional<std::string> find(std::string_view node) const override {
    const auto it = addresses_.find(node);
    return it == addresses_.end() ? std::nullopt : std::optional(it->second);
  }

 private:
  const std::map<std::string, std::string, std::less<>> addresses_;
};

}  // namespace

std::shared_ptr<const PeerDirectory> fixed_peers(std::map<std::string, std::string, std::less<>> addresses) {
  return std::make_shared<FixedPeers>(std::move(addresses));
}

}  // namespace belfry

namespace belfry::net {

std::string_view name_of(Forwarded outcome) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(Forwarded::count)> kNames = {
      "answered", "upgraded", "unknown node", "unreachable", "timeout", "lost", "client left", "busy"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::optional<PeerAddress> read_peer_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  int port = 0;
  const char* const end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (host.empty() || error != std::errc() || read != end || port < 0 || port > 65'535) return std::nullopt;
  return PeerAddress{std::string(host), port};
}

std::string PeerAddress::text() const {
  return (host.contains(':') ? "[" + host + "]:" : host + ":") + std::to_string(port);
}

std::optional<PeerAddress> Peers::find(std::string_view node) const {
  const auto address = options_.peers != nullptr ? options_.peers->find(node) : std::nullopt;
  return address ? read_peer_address(*address) : std::nullopt;
}

std::shared_ptr<const void> Peers::begin() {
  if (*active_ >= options_.max_forwards) return nullptr;
  ++*active_;
  return {active_.get(), [active = active_](const void*) { --*active; }};
}

}  // namespace belfry::net
