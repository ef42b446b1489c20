#include "apps/common/identity.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "apps/common/refusals.h"
#include "auth/digest.h"
#include "core/clock.h"
#include "http/cookies.h"
#include "runtime/shard.h"
#include "services/accounts/accounts.h"
#include "services/sessions/sessions.h"

namespace belfry::apps {

namespace {

std::unexpected<Error> invalid_token() {
  return fail(ErrorKind::unauthenticated, "Invalid token");
}

std::string session_of(const auth::Claims& claims) {
  const auto claim = claims.all.find(kSessionClaim);
  return claim != claims.all.end() && claim->is_string() ? claim->get<std::string>() : "";
}

Caller caller_of(const auth::Claims& claims, const accounts::Account& account) {
  return {.user_id = account.id,
          .role = claims.role.empty() ? account.role : claims.role,
          .expires_at = claims.expires_at,
          .session_id = session_of(claims),
          .role_of_account = claims.role.empty()};
}

// Fails where the user is blocked, or what they show belongs to a session (empty: to none) that was revoked.
Result<std::optional<accounts::Account>> find_account(store::Transaction& tx, const std::string& user_id,
                                                      const std::string& session_id) {
  if (!session_id.empty()) {
    const auto open = sessions::find_by_id(tx, session_id);
    if (!open) return std::unexpected(open.error());
    if (!*open) return invalid_token();
  }
  auto account = accounts::find(tx, user_id);
  if (account && *account && (*account)->blocked) return fail(ErrorKind::unauthenticated, "User is blocked");
  return account;
}

std::string role_of(const std::optional<accounts::Account>& account) {
  return account ? account->role : std::string(accounts::kDefaultRole);
}

Result<Caller> find_session(store::Transaction& tx, const std::string& digest) {
  const auto session = sessions::find(tx, digest);
  if (!session) return std::unexpected(session.error());
  if (!*session) return invalid_token();
  if ((*session)->expires_at <= wall_now_ms()) return fail(ErrorKind::unauthenticated, "Token expired");
  const auto account = find_account(tx, (*session)->user_id, "");
  if (!account) return std::unexpected(account.error());
  return Caller{.user_id = (*session)->user_id,
                .role = role_of(*account),
                .expires_at = (*session)->expires_at,
                .session_id = (*session)->id,
                .role_of_account = true};
}

std::string_view bearer_of(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  if (header.size() < kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = header[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != kScheme[i]) return {};
  }
  header.remove_prefix(kScheme.size());
  const auto first = header.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view() : header.substr(first);
}

}  // namespace

store::Post post_here() {
  return [shard = runtime::Shard::current()](std::move_only_function<void()> task) {
    shard->run_or_post(std::move(task));
  };
}

Identity::Done Identity::counted(Done done) const {
  return [this, done = std::move(done)](Result<Caller> caller) {
    if (!caller) {
      const auto text = std::ranges::find(kCredentialErrors, caller.error().message);
      if (text != kCredentialErrors.end())
        refused_[static_cast<std::size_t>(text - kCredentialErrors.begin())].add(1);
    }
    done(std::move(caller));
  };
}

std::map<std::string, std::int64_t> Identity::refused() const {
  std::map<std::string, std::int64_t> counts;
  for (std::size_t i = 0; i < kCredentialErrors.size(); ++i)
    counts.emplace(kCredentialErrors[i], refused_[i].get());
  return counts;
}

void Identity::by_token(std::string_view token, std::function<void(Result<Caller>)> given) const {
  auto done = counted(std::move(given));
  if (token.empty()) return done(fail(ErrorKind::unauthenticated, "No token provided"));
  if (token.size() > auth::kTokenMaxBytes) return done(invalid_token());
  // A session's token is opaque, also one that another system made; a JWT has three parts.
  if (std::ranges::count(token, '.') == 2) return by_jwt(std::string(token), true, std::move(done));
  by_session(token, std::move(done));
}

void Identity::by_jwt(const std::string& token, bool may_refresh,
                      std::function<void(Result<Caller>)> done) const {
  const auto claims = verifier_.verify(token, wall_now_ms());
  if (claims) return ensure(*claims, std::move(done));
  if (claims.error() == auth::TokenProblem::unknown_key && may_refresh) {
    return refresh_keys_([this, token, done = std::move(done)] { by_jwt(token, false, done); });
  }
  const bool expired = claims.error() == auth::TokenProblem::expired;
  done(fail(ErrorKind::unauthenticated, expired ? "Token expired" : "Invalid token"));
}

void Identity::by_session(std::string_view token, std::function<void(Result<Caller>)> done) const {
  const auto read = [digest = auth::sha256_hex(token)](store::Transaction& tx) {
    return find_session(tx, digest);
  };
  store_.read(post_here(), read, std::move(done));
}

void Identity::check_again(const Caller& caller, std::function<void(Result<std::string>)> done) const {
  const auto read = [user = caller.user_id,
                     session = caller.session_id](store::Transaction& tx) -> Result<std::string> {
    const auto account = find_account(tx, user, session);
    if (!account) return std::unexpected(account.error());
    return role_of(*account);
  };
  store_.read(post_here(), read, std::move(done));
}

void Identity::by_request(const HttpRequest& request, std::function<void(Result<Caller>)> done) const {
  if (const std::string_view header = request.header("authorization"); !header.empty()) {
    const std::string_view bearer = bearer_of(header);
    if (!is_api_key(bearer)) return by_token(bearer, std::move(done));
    return done(Caller{.user_id = {}, .role = {}, .api_key_digest = auth::sha256_hex(bearer)});
  }
  // A browser sends a cookie along with any page's request, so the page matters, too.
  const bool changes = request.method != "GET" && request.method != "HEAD";
  const auto cookie = http::cookie_value(request.header("cookie"), "token");
  if (cookie && changes && !request.from_allowed_origin) {
    return done(fail(ErrorKind::forbidden, "This origin may not use the cookie"));
  }
  by_token(cookie.value_or(""), std::move(done));
}

bool Identity::is_api_key(std::string_view key) const {
  bool found = false;
  for (const std::string& known : api_keys_) {
    found |= !known.empty() && known.size() == key.size() &&
             CRYPTO_memcmp(known.data(), key.data(), key.size()) == 0;
  }
  return found;
}

// Almost every token is of a user who is known: a read, beside the writers. A write is for the others.
void Identity::ensure(const auth::Claims& claims, std::function<void(Result<Caller>)> done) const {
  const auto find = [claims](store::Transaction& tx) {
    return find_account(tx, claims.user_id, session_of(claims));
  };
  const auto create = [claims](store::Transaction& tx) {
    return accounts::ensure(tx, claims.user_id,
                            {.name = claims.name, .email = claims.email, .role = claims.role}, wall_now_ms());
  };
  const store::Post post = post_here();
  store_.read(post, find, [this, post, create, claims, done = std::move(done)](auto found) {
    if (!found) return done(std::unexpected(std::move(found.error())));
    if (*found) return done(caller_of(claims, **found));
    store_.write(post, "user:" + claims.user_id, create, [claims, done](Result<accounts::Account> account) {
      if (!account) return done(std::unexpected(std::move(account.error())));
      done(caller_of(claims, *account));
    });
  });
}

}  // namespace belfry::apps
