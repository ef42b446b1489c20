// Sessions: opaque tokens that stand for a user until they expire or are revoked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/describe.h"
#include "belfry/result.h"
#include "core/clock.h"
#include "core/event.h"
#include "store/transaction.h"

namespace belfry::sessions {

/// Of a token only the digest is ever stored.
struct Session {
  std::string id;  ///< UUID version 7
  std::string user_id;
  WallMs expires_at = 0;
  WallMs created_at = 0;

  bool operator==(const Session&) const = default;
};
constexpr auto describe(Type<Session>) {
  return fields(field("id", &Session::id), field("userId", &Session::user_id),
                field("expiresAt", &Session::expires_at), field("createdAt", &Session::created_at));
}

/// Told after the commit: it was revoked.
struct SessionRevoked : Event {
  Session session;
};
constexpr auto describe(Type<SessionRevoked>) {
  return fields(field("session", &SessionRevoked::session));
}

/// These run inside a unit of work and fail as its statements do.

/// Fails with `conflict` where the token is a session's already.
Result<Session> open(store::Transaction& tx, std::string_view user_id, std::string_view token_digest,
                     WallMs expires_at, WallMs now);
/// Those that have expired are found for another day, so that their users can be told.
Result<std::optional<Session>> find(store::Transaction& tx, std::string_view token_digest);
Result<std::optional<Session>> find_by_id(store::Transaction& tx, std::string_view id);
/// A user's that hold, newest first, at most `limit`.
Result<std::vector<Session>> list(store::Transaction& tx, std::string_view user_id, WallMs now, int limit);
/// Tells `SessionRevoked`. Whether there was one.
Result<bool> revoke(store::Transaction& tx, std::string_view token_digest);
Result<bool> revoke_by_id(store::Transaction& tx, std::string_view id);
/// The same for one of a user's own.
Result<bool> revoke_of(store::Transaction& tx, std::string_view user_id, std::string_view id);

// ---- signing in with a password ----

struct Credentials {
  std::string user_id;
  std::string password_hash;
};

/// An email as it is kept: emails do not differ by their case alone.
std::string lower(std::string_view email);
/// Fails with `conflict` (`Email is already registered`). Emails differ by more than their case.
Result<void> register_email(store::Transaction& tx, std::string_view email, const Credentials& credentials,
                            WallMs now);
Result<std::optional<Credentials>> find_email(store::Transaction& tx, std::string_view email);

}  // namespace belfry::sessions
