#include "apps/common/client_address.h"

namespace belfry::apps {

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& networks) {
  auto parsed = Networks::parse(networks);
  if (!parsed) return std::unexpected(parsed.error());
  return TrustedProxies(std::move(*parsed));
}

std::string TrustedProxies::client_of(const HandshakeInfo& handshake) const {
  std::string forwarded_for;
  for (const auto& [name, value] : handshake.headers) {
    if (name == "x-forwarded-for") forwarded_for += (forwarded_for.empty() ? "" : ",") + value;
  }
  return client_of(handshake.address, forwarded_for);
}

}  // namespace belfry::apps
