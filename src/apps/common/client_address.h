// Where a client is, behind proxies that are believed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "belfry/adapter.h"
#include "belfry/result.h"
#include "core/networks.h"

namespace belfry::apps {

/// Immutable, any thread.
class TrustedProxies : public Networks {
 public:
  TrustedProxies() = default;
  explicit TrustedProxies(Networks networks) : Networks(std::move(networks)) {}
  /// Fails with `invalid` where one is no address and no network.
  static Result<TrustedProxies> parse(const std::vector<std::string>& networks);

  using Networks::client_of;
  std::string client_of(const HandshakeInfo& handshake) const;
};

}  // namespace belfry::apps
