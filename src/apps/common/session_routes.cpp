#include "apps/common/session_routes.h"

#include <algorithm>
#include <string>

#include "apps/common/json.h"
#include "auth/digest.h"
#include "auth/jwt.h"
#include "belfry/describe.h"
#include "services/accounts/accounts.h"
#include "services/sessions/sessions.h"

namespace belfry::apps {

namespace {

using store::Transaction;

constexpr std::size_t kTokenMin = 16;  // characters
constexpr int kListed = 200;

struct SessionInput {
  std::string user_id;
  std::string token;
  std::string expires_at;
};
constexpr auto describe(Type<SessionInput>) {
  return fields(field("userId", &SessionInput::user_id), field("token", &SessionInput::token),
                field("expiresAt", &SessionInput::expires_at));
}

struct TokenInput {
  std::string token;
};
constexpr auto describe(Type<TokenInput>) {
  return fields(field("token", &TokenInput::token));
}

void register_session(store::Store& store, const Call& call) {
  if (!call.caller().is_server())
    return call.refuse({ErrorKind::forbidden, "Sessions are for servers to register"});
  const auto input = call.body<SessionInput>();
  if (!input) return call.refuse(input.error());
  if (auto good = check_user_id("userId", input->user_id); !good) return call.refuse(good.error());
  if (input->token.size() < kTokenMin || input->token.size() > auth::kTokenMaxBytes) {
    return call.refuse({ErrorKind::invalid, "must have 16 bytes or more, and not too many", "token"});
  }
  if (std::ranges::count(input->token, '.') == 2) {
    return call.refuse({ErrorKind::invalid, "must not look like a JWT", "token"});
  }
  const auto expires_at = parse_iso_time(input->expires_at);
  if (!expires_at) return call.refuse({ErrorKind::invalid, "must be an ISO 8601 time", "expiresAt"});
  const auto write = [user = input->user_id, digest = auth::sha256_hex(input->token),
                      expires = *expires_at](Transaction& tx) -> Result<Value> {
    const WallMs now = wall_now_ms();
    if (auto known = accounts::ensure(tx, user, {}, now); !known) return std::unexpected(known.error());
    const auto made = sessions::open(tx, user, digest, expires, now);
    if (!made) return std::unexpected(made.error());
    return Value{{"id", made->id}, {"userId", user}, {"expiresAt", iso_time(expires)}};
  };
  call.write(store, "user:" + input->user_id, write);
}

/// Answers whether a session was revoked by `revoke(tx)`.
template <class Revoke>
void answer_revoked(store::Store& store, const Call& call, Revoke revoke) {
  store.write(post_here(), "sessions", std::move(revoke), [call](const Result<bool>& revoked) {
    if (!revoked) return call.refuse(revoked.error());
    if (!*revoked) return call.refuse({ErrorKind::not_found, "Session not found"});
    call.answer(200, {{"success", true}});
  });
}

void revoke_session(store::Store& store, const Call& call) {
  if (!call.caller().is_server())
    return call.refuse({ErrorKind::forbidden, "Sessions are for servers to revoke"});
  const auto input = call.body<TokenInput>();
  if (!input) return call.refuse(input.error());
  answer_revoked(store, call, [digest = auth::sha256_hex(input->token)](Transaction& tx) {
    return sessions::revoke(tx, digest);
  });
}

/// Whose sessions a call is about: the caller's own under `/auth`, anybody's for admins under `/v1`. Empty:
/// refused.
std::string owner_of(const Call& call, bool own) {
  if (own && !call.caller().is_server()) return call.caller().user_id;
  if (!own && call.caller().is_admin()) return call.parameter("id");
  call.refuse({ErrorKind::forbidden, own ? "An API key is no user" : "This is for admins and servers"});
  return {};
}

void list_sessions(store::Store& store, const Call& call, bool own) {
  const std::string user = owner_of(call, own);
  if (user.empty()) return;
  call.read(store, [user, current = call.caller().session_id](Transaction& tx) -> Result<Value> {
    const auto found = sessions::list(tx, user, wall_now_ms(), kListed);
    if (!found) return std::unexpected(found.error());
    Value items = Value::array();
    for (const auto& session : *found) {
      items.push_back({{"id", session.id},
                       {"createdAt", iso_time(session.created_at)},
                       {"expiresAt", iso_time(session.expires_at)},
                       {"current", session.id == current}});
    }
    return Value{{"items", std::move(items)}, {"nextCursor", nullptr}};
  });
}

void end_session(store::Store& store, const Call& call, bool own) {
  const std::string user = owner_of(call, own);
  if (user.empty()) return;
  answer_revoked(store, call, [user, id = call.parameter("sessionId")](Transaction& tx) {
    return sessions::revoke_of(tx, user, id);
  });
}

}  // namespace

void add_session_routes(store::Store& store, Api& api) {
  api.route("POST", "/v1/sessions", [&store](const Call& call) { register_session(store, call); });
  api.route("DELETE", "/v1/sessions", [&store](const Call& call) { revoke_session(store, call); });
  api.route("GET", "/auth/sessions", [&store](const Call& call) { list_sessions(store, call, true); });
  api.route("DELETE", "/auth/sessions/{sessionId}",
            [&store](const Call& call) { end_session(store, call, true); });
  api.route("GET", "/v1/users/{id}/sessions",
            [&store](const Call& call) { list_sessions(store, call, false); });
  api.route("DELETE", "/v1/users/{id}/sessions/{sessionId}",
            [&store](const Call& call) { end_session(store, call, false); });
}

}  // namespace belfry::apps
