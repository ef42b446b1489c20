// JSON Web Tokens (RFC 7519): who a client says it is, signed by somebody who is believed.
#pragma once

#include <array>
#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/jws.h"
#include "auth/keys.h"
#include "belfry/value.h"
#include "core/clock.h"
#include "runtime/flag.h"
#include "runtime/snapshot.h"

namespace belfry::auth {

/// What a token says.
struct Claims {
  std::string user_id;  ///< `sub`, else `userId`, else `id`; a number as its decimal text; 1 to 255 bytes
  std::string role;     ///< these three are empty where the token has no such text
  std::string name;
  std::string email;
  std::optional<WallMs> expires_at;
  std::optional<WallMs> not_before;
  Value all;  ///< every claim, as it was sent
};

/// What is asked of a token beside its signature.
struct TokenRules {
  std::string issuer;              ///< `iss` must be this; empty: not looked at
  std::string audience;            ///< `aud` must be this or hold it; empty: not looked at
  std::chrono::seconds leeway{5};  ///< by how much the clocks may differ
};

/// Checks tokens. Any thread.
class TokenVerifier {
 public:
  TokenVerifier(TokenRules rules, std::shared_ptr<const KeySet> keys)
      : rules_(std::move(rules)), keys_(std::move(keys)) {}

  /// The claims of `token`, if it holds at `now`. A claim of a wrong type, or no user id, is malformed.
  std::expected<Claims, TokenProblem> verify(std::string_view token, WallMs now) const;
  /// From now on these keys are believed.
  void set_keys(std::shared_ptr<const KeySet> keys) { keys_.set(std::move(keys)); }
  /// How many tokens were refused for it.
  std::int64_t refused(TokenProblem problem) const {
    return refused_[static_cast<std::size_t>(problem)].get();
  }

 private:
  std::expected<Claims, TokenProblem> look_at(std::string_view token, WallMs now) const;
  std::optional<TokenProblem> check(const Claims& claims, WallMs now) const;

  TokenRules rules_;
  runtime::Snapshot<KeySet> keys_;
  mutable std::array<runtime::Counter, kTokenProblemCount> refused_;
};

/// Signs a token that says `claims`, a JSON object.
std::string sign_token(const Value& claims, const HmacKey& key, Algorithm algorithm);

}  // namespace belfry::auth
