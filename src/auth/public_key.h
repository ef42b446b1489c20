// Keys that check what somebody else has signed: RS256 and ES256 (RFC 7518), EdDSA with Ed25519 (RFC 8037).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/keys.h"
#include "belfry/result.h"
#include "belfry/value.h"

namespace belfry::auth {

/// The bound of a set of keys.
inline constexpr std::size_t kJwksMaxKeys = 100;

/// The public key of a PEM text. Fails with `invalid` where it is none, or one that is not understood: RSA of
/// at least 2,048 bits, P-256 and Ed25519 are.
Result<std::shared_ptr<const VerifyKey>> read_pem_key(const std::string& pem);

/// The keys of a JSON Web Key Set (RFC 7517). Those that are not understood, are not for signatures, or hold
/// a secret are left out, as the RFC asks. Fails with `malformed` where it is no set, or with `too_large`.
Result<std::vector<std::shared_ptr<const VerifyKey>>> read_jwks(std::string_view text);

}  // namespace belfry::auth
