// Who calls: from a token or an API key to a user that the store knows.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/jwt.h"
#include "belfry/http.h"
#include "belfry/result.h"
#include "core/clock.h"
#include "runtime/flag.h"
#include "store/store.h"

namespace belfry::apps {

/// Who calls, once that is proven. A value.
struct Caller {
  std::string user_id;  ///< empty with an API key
  std::string role;
  std::string api_key_digest = {};        ///< of another server's API key; empty: a user
  std::optional<WallMs> expires_at = {};  ///< of the credentials; empty: never
  std::string session_id = {};            ///< of the session that they belong to; empty: none
  bool role_of_account = false;  ///< the credentials name no role: it is the account's, and changes with it

  bool is_server() const { return !api_key_digest.empty(); }
  /// Whether everything may be seen.
  bool is_admin() const { return is_server() || role == "admin"; }
  /// Nobody where a server calls.
  std::optional<std::string> user() const { return is_server() ? std::nullopt : std::optional(user_id); }
  /// A name that no other caller has.
  std::string name() const { return is_server() ? "key:" + api_key_digest : "user:" + user_id; }
};

/// The claim of our own tokens that names the session they belong to: without it they hold no longer.
inline constexpr const char* kSessionClaim = "belfry_session";

/// Where a result of the store is wanted: on the shard that asks.
store::Post post_here();

/// Checks credentials. What it is given outlives it; any shard.
class Identity {
 public:
  /// Looks for new keys and calls `done`, on the shard that asks.
  using RefreshKeys = std::function<void(std::function<void()> done)>;

  Identity(store::Store& store, const auth::TokenVerifier& verifier, RefreshKeys refresh_keys,
           std::vector<std::string> api_keys)
      : store_(store),
        verifier_(verifier),
        refresh_keys_(std::move(refresh_keys)),
        api_keys_(std::move(api_keys)) {}

  /// The user of a JWT, made from its claims where it is new, or of a session. `done` runs on the asking
  /// shard, at once or later; it fails with `unauthenticated` (`No token provided`, `Invalid token`, `Token
  /// expired`, `User is blocked`) or as the store does. The role in a JWT decides; where there is none, and
  /// with a session, the stored one.
  void by_token(std::string_view token, std::function<void(Result<Caller>)> done) const;
  /// The same from the `Authorization` header, which may also hold an API key, or else from the cookie
  /// `token`; by the cookie a page may change something (any method but GET and HEAD) only where its origin
  /// is allowed: `forbidden`.
  void by_request(const HttpRequest& request, std::function<void(Result<Caller>)> done) const;

  /// Whether what a caller was let in with still holds, and the role of their account now: for whoever was
  /// let in meanwhile. `done` as above.
  void check_again(const Caller& caller, std::function<void(Result<std::string>)> done) const;

  /// How often credentials were refused, by the text that their owner got.
  std::map<std::string, std::int64_t> refused() const;

 private:
  using Done = std::function<void(Result<Caller>)>;
  Done counted(Done done) const;
  bool is_api_key(std::string_view key) const;
  void by_jwt(const std::string& token, bool may_refresh, std::function<void(Result<Caller>)> done) const;
  void by_session(std::string_view token, std::function<void(Result<Caller>)> done) const;
  void ensure(const auth::Claims& claims, std::function<void(Result<Caller>)> done) const;

  store::Store& store_;
  const auth::TokenVerifier& verifier_;
  const RefreshKeys refresh_keys_;
  const std::vector<std::string> api_keys_;
  mutable std::array<runtime::Counter, 4> refused_;  // by kCredentialErrors
};

}  // namespace belfry::apps
