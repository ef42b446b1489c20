// JSON Web Signature in its compact form (RFC 7515): three parts of base64url, joined by dots.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "auth/keys.h"

namespace belfry::auth {

/// A token longer than this is malformed, whatever it holds.
inline constexpr std::size_t kTokenMaxBytes = 8 * 1024;

/// Why a token is not accepted.
enum class TokenProblem {
  missing,  ///< there is none
  malformed,
  algorithm,    ///< not one that is allowed (`none` never is)
  unknown_key,  ///< there is no key for it
  bad_signature,
  expired,
  not_yet_valid,
  wrong_issuer,
  wrong_audience,
};
inline constexpr std::size_t kTokenProblemCount = 9;

/// For logs and answers: `expired`, `bad signature`, …
std::string_view text_of(TokenProblem problem);

/// What was signed, once its signature has been checked. Fails with `missing`, `malformed`, `algorithm`,
/// `unknown_key` or `bad_signature`; a header with `crit` is malformed, since no extension is understood;
/// `typ` is not looked at.
std::expected<std::string, TokenProblem> open_jws(std::string_view token, const KeySet& keys);

/// Signs `payload`; the header is `{"alg":…,"typ":"JWT"}`.
std::string make_jws(std::string_view payload, const HmacKey& key, Algorithm algorithm);

/// Base64url without padding (RFC 7515, section 2).
std::string to_base64url(std::string_view bytes);
/// The only text that `to_base64url` makes of the bytes is read; nothing on any other.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace belfry::auth
