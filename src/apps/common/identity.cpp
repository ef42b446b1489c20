#include "apps/common/identity.h"

#include <openssl/crypto.h>

#include "auth/digest.h"
#include "core/clock.h"
#include "http/cookies.h"
#include "runtime/shard.h"
#include "services/accounts/accounts.h"

namespace belfry::apps {

namespace {

Caller caller_of(const auth::Claims& claims, const accounts::Account& account) {
  return {.user_id = account.id, .role = claims.role.empty() ? account.role : claims.role};
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

void Identity::by_token(std::string_view token, std::function<void(Result<Caller>)> done) const {
  if (token.empty()) return done(fail(ErrorKind::unauthenticated, "No token provided"));
  auto claims = verifier_.verify(token, wall_now_ms());
  if (!claims) {
    const bool expired = claims.error() == auth::TokenProblem::expired;
    return done(fail(ErrorKind::unauthenticated, expired ? "Token expired" : "Invalid token"));
  }
  ensure(std::move(*claims), std::move(done));
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
void Identity::ensure(auth::Claims claims, std::function<void(Result<Caller>)> done) const {
  const auto find = [id = claims.user_id](store::Transaction& tx) { return accounts::find(tx, id); };
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
