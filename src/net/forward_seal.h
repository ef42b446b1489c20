// For whom a forwarded request comes, signed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace belfry::net {

/// The field in which it stands.
inline constexpr std::string_view kForwardField = "x-belfry-forward";

/// A client of another server.
struct ForwardedFor {
  std::string address;
  bool secure = false;  ///< whether it came over TLS

  bool operator==(const ForwardedFor&) const = default;
};

/// `<address> <http or https> <signature>`: HMAC-SHA-256 under the cluster's secret, of these and of the
/// request's method and target. Whoever does not know the secret cannot say for whom they come, and what was
/// signed for one session is of no use for another.
std::string seal_forward(std::string_view secret, std::string_view method, std::string_view target,
                         const ForwardedFor& client);
/// Nothing: it was not made with that secret for that request.
std::optional<ForwardedFor> open_forward(std::string_view secret, std::string_view method,
                                         std::string_view target, std::string_view sealed);

}  // namespace belfry::net
