#include "apps/common/auth_routes.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "apps/common/json.h"
#include "auth/digest.h"
#include "auth/password.h"
#include "core/ids.h"

namespace belfry::apps {

namespace {

using accounts::Account;
using store::Transaction;

constexpr std::size_t kNameMax = 200;  // characters
constexpr std::size_t kEmailMax = 254;
constexpr std::size_t kPasswordMin = 8;  // characters
constexpr std::size_t kPasswordMaxBytes = 1'024;
constexpr std::size_t kRoleMax = 100;

struct RegisterInput {
  std::string email;
  std::string password;
  std::optional<std::string> name;
  std::optional<std::string> role;
};
constexpr auto describe(Type<RegisterInput>) {
  return fields(field("email", &RegisterInput::email), field("password", &RegisterInput::password),
                field("name", &RegisterInput::name), field("role", &RegisterInput::role));
}

struct LoginInput {
  std::string email;
  std::string password;
};
constexpr auto describe(Type<LoginInput>) {
  return fields(field("email", &LoginInput::email), field("password", &LoginInput::password));
}

struct UserInput {
  std::optional<std::string> name;
  std::optional<std::string> email;
  std::optional<std::string> role;
  std::optional<bool> blocked;
};
constexpr auto describe(Type<UserInput>) {
  return fields(field("name", &UserInput::name), field("email", &UserInput::email),
                field("role", &UserInput::role), field("blocked", &UserInput::blocked));
}

Value to_json(const Account& account) {
  return {{"id", account.id},
          {"email", json_or_null(account.email)},
          {"name", json_or_null(account.name)},
          {"role", account.role},
          {"createdAt", iso_time(account.created_at)}};
}

Result<void> check_email(const std::string& email) {
  const auto at = email.find('@');
  const bool plain = std::ranges::none_of(email, [](unsigned char c) { return c <= 0x20 || c == 0x7f; });
  if (!plain || email.size() > kEmailMax || at == 0 || at == std::string::npos || at + 1 == email.size() ||
      email.find('@', at + 1) != std::string::npos) {
    return fail_field("email", "must be an email address");
  }
  return {};
}

Result<void> check_optional(const char* field, const std::optional<std::string>& text, std::size_t max) {
  return text ? check_text(field, *text, max) : Result<void>();
}

Result<void> check_registration(const RegisterInput& input) {
  if (auto good = check_email(input.email); !good) return good;
  if (count_characters(input.password) < kPasswordMin) {
    return fail_field("password", "shorter than " + std::to_string(kPasswordMin) + " characters");
  }
  if (input.password.size() > kPasswordMaxBytes) {
    return fail_field("password", "longer than " + std::to_string(kPasswordMaxBytes) + " bytes");
  }
  return check_optional("name", input.name, kNameMax);
}

Result<Account> create_user(Transaction& tx, const RegisterInput& input, const std::string& hash) {
  const WallMs now = wall_now_ms();
  const std::string id = make_uuid7();
  if (auto done = sessions::register_email(tx, input.email, {id, hash}, now); !done) {
    return std::unexpected(done.error());
  }
  return accounts::put(tx, id, {.name = input.name.value_or(""), .email = input.email}, now);
}

std::string cookie_of(const std::string& token, std::chrono::seconds lifetime, bool secure) {
  return "token=" + token + "; Path=/; HttpOnly; SameSite=Lax; Max-Age=" + std::to_string(lifetime.count()) +
         (secure ? "; Secure" : "");
}

Error wrong_login() {
  return {ErrorKind::unauthenticated, "Invalid email or password"};
}

}  // namespace

AuthRoutes::AuthRoutes(const AuthParts& parts, const AuthOptions& options, SignToken sign)
    : parts_(parts), options_(options), sign_(std::move(sign)), tries_(parts.server, [&parts, options] {
        return parts.limiters("logins", {.max_times = options.logins_per_minute});
      }) {
  Api& api = parts_.api;
  if (options_.registration) {
    api.open_route("POST", "/auth/register", [this](const Call& call) { register_user(call); });
  }
  api.open_route("POST", "/auth/login", [this](const Call& call) { log_in(call); });
  api.route("POST", "/auth/logout", [this](const Call& call) { log_out(call); });
  api.route("GET", "/auth/me", [this](const Call& call) { tell_me(call); });
  api.route("PUT", "/v1/users/{id}", [this](const Call& call) { put_user(call); });
}

void AuthRoutes::if_allowed(const Call& call, const std::string& email, std::function<void()> go_on) {
  const std::string address =
      parts_.proxies.client_of(call.request().address, call.request().header("x-forwarded-for"));
  const store::Post post = post_here();
  const auto take = [this, call](const std::string& key, std::function<void()> next) {
    tries_.run(key, [call, key, next = std::move(next)](auth::RateLimiter& tries) {
      tries.check(key, TimePoint::clock::now(), [call, next](const Result<void>& passed) {
        passed ? next() : call.refuse(passed.error());
      });
    });
  };
  take("address:" + address, [take, email, post, go_on = std::move(go_on)] {
    take("email:" + sessions::lower(email), [post, go_on] { post([go_on] { go_on(); }); });
  });
}

template <class Work, class Done>
void AuthRoutes::off_shard(const Call& call, Work work, Done done) {
  const auto task = [post = post_here(), work = std::move(work), done = std::move(done)] {
    post([done, result = work()] { done(result); });
  };
  if (!parts_.pool.post(task)) call.refuse({ErrorKind::unavailable, "Too many are signing in"});
}

// ---- registering, signing in and out ----

void AuthRoutes::register_user(const Call& call) {
  const auto input = call.body<RegisterInput>();
  if (!input) return call.refuse(input.error());
  if (input->role && *input->role != accounts::kDefaultRole) {
    return call.refuse({ErrorKind::forbidden, "Roles are granted by an admin"});
  }
  if (auto good = check_registration(*input); !good) return call.refuse(good.error());
  const auto hash = [password = input->password] { return auth::hash_password(password); };
  const auto create = [this, call, input = *input](const Result<std::string>& hashed) {
    if (!hashed) return call.refuse(hashed.error());
    const auto write = [input, hashed = *hashed](Transaction& tx) { return create_user(tx, input, hashed); };
    parts_.store.write(post_here(), "credentials", write, [this, call](const Result<Account>& account) {
      if (!account) return call.refuse(account.error());
      sign_in(call, 201, account->id);
    });
  };
  if_allowed(call, input->email, [this, call, hash, create] { off_shard(call, hash, create); });
}

void AuthRoutes::log_in(const Call& call) {
  const auto input = call.body<LoginInput>();
  if (!input) return call.refuse(input.error());
  if (input->email.size() > kEmailMax || input->password.size() > kPasswordMaxBytes) {
    return call.refuse(wrong_login());
  }
  using Found = Result<std::optional<sessions::Credentials>>;
  const auto verify = [this, call, password = input->password](const Found& found) {
    if (!found) return call.refuse(found.error());
    // Somebody unknown costs as much time as a wrong password.
    const auto work = [known = *found, password] {
      if (!known) return auth::hash_password(password), false;
      return auth::verify_password(known->password_hash, password);
    };
    off_shard(call, work, [this, call, known = *found](bool good) {
      if (!good) return call.refuse(wrong_login());
      sign_in(call, 200, known->user_id);
    });
  };
  const auto find = [email = input->email](Transaction& tx) { return sessions::find_email(tx, email); };
  if_allowed(call, input->email, [this, find, verify] { parts_.store.read(post_here(), find, verify); });
}

void AuthRoutes::sign_in(const Call& call, int status, const std::string& user_id) {
  struct Opened {
    sessions::Session session;
    Account account;
  };
  const std::string token = auth::random_token();
  const auto write = [user_id, digest = auth::sha256_hex(token),
                      ttl = milliseconds(options_.session_ttl).count()](Transaction& tx) -> Result<Opened> {
    const WallMs now = wall_now_ms();
    auto account = accounts::ensure(tx, user_id, {}, now);
    if (!account) return std::unexpected(account.error());
    auto session = sessions::open(tx, user_id, digest, now + ttl, now);
    if (!session) return std::unexpected(session.error());
    return Opened{std::move(*session), std::move(*account)};
  };
  const auto answer = [this, call, status, token](const Result<Opened>& opened) {
    if (!opened) return call.refuse(opened.error());
    const WallMs expires_at = wall_now_ms() + milliseconds(options_.token_ttl).count();
    const auto jwt =
        sign_(opened->account, opened->session.id, std::min(expires_at, opened->session.expires_at));
    if (!jwt) return call.refuse(jwt.error());
    HttpResponse response = HttpResponse::json(
        status, {{"token", *jwt}, {"sessionToken", token}, {"user", to_json(opened->account)}});
    response.headers.emplace_back("Set-Cookie", cookie_of(*jwt, options_.token_ttl, options_.secure_cookie));
    response.headers.emplace_back("Cache-Control", "no-store");
    call.answer(std::move(response));
  };
  parts_.store.write(post_here(), "user:" + user_id, write, answer);
}

void AuthRoutes::log_out(const Call& call) {
  const auto done = [this, call](const Result<bool>& revoked) {
    if (!revoked) return call.refuse(revoked.error());
    HttpResponse response = HttpResponse::json(200, {{"success", true}});
    response.headers.emplace_back("Set-Cookie",
                                  cookie_of("", std::chrono::seconds(0), options_.secure_cookie));
    call.answer(std::move(response));
  };
  const std::string session = call.caller().session_id;
  if (session.empty()) return done(false);
  const auto write = [session](Transaction& tx) { return sessions::revoke_by_id(tx, session); };
  parts_.store.write(post_here(), "user:" + call.caller().user_id, write, done);
}

void AuthRoutes::tell_me(const Call& call) {
  if (call.caller().is_server()) return call.refuse({ErrorKind::forbidden, "An API key is no user"});
  const auto read = [id = call.caller().user_id](Transaction& tx) { return accounts::find(tx, id); };
  parts_.store.read(post_here(), read, [call](const Result<std::optional<Account>>& found) {
    if (!found) return call.refuse(found.error());
    Account account = found->value_or(Account());
    account.id = call.caller().user_id;
    account.role = call.caller().role;
    call.answer(200, to_json(account));
  });
}

void AuthRoutes::put_user(const Call& call) {
  if (!call.caller().is_admin())
    return call.refuse({ErrorKind::forbidden, "Users are changed by admins and servers"});
  const auto input = call.body<UserInput>();
  if (!input) return call.refuse(input.error());
  const std::string id(call.request().parameter("id"));
  Result<void> good = check_user_id("id", id);
  if (good) good = check_optional("name", input->name, kNameMax);
  if (good && input->email) good = check_email(*input->email);
  if (good) good = check_optional("role", input->role, kRoleMax);
  if (!good) return call.refuse(good.error());
  const auto write = [id, input = *input](Transaction& tx) {
    auto account = accounts::put(tx, id,
                                 {.name = input.name ? std::string_view(*input.name) : std::string_view(),
                                  .email = input.email ? std::string_view(*input.email) : std::string_view(),
                                  .role = input.role ? std::string_view(*input.role) : std::string_view()},
                                 wall_now_ms());
    if (!account || !input.blocked) return account;
    return accounts::set_blocked(tx, id, *input.blocked, wall_now_ms());
  };
  parts_.store.write(post_here(), "user:" + id, write, [call](const Result<Account>& account) {
    if (!account) return call.refuse(account.error());
    Value json = to_json(*account);
    json["blocked"] = account->blocked;
    call.answer(200, json);
  });
}

}  // namespace belfry::apps
