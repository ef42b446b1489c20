// Signing in: `/auth/…`, sessions that other systems made, and what is known of users.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "apps/common/api.h"
#include "apps/common/client_address.h"
#include "apps/common/homes.h"
#include "auth/rate_limit.h"
#include "runtime/worker_pool.h"
#include "services/accounts/accounts.h"
#include "services/sessions/sessions.h"

namespace belfry::apps {

struct AuthOptions {
  std::chrono::seconds session_ttl{30 * 24 * 3600};
  std::chrono::seconds token_ttl{3'600};
  bool registration = true;
  std::size_t logins_per_minute = 10;  ///< tries, per address and per email
  bool secure_cookie = false;          ///< the cookie is for HTTPS only
};

/// Signs a JWT for a user that ends with `session_id`, if not before.
using SignToken = std::function<Result<std::string>(const accounts::Account& account,
                                                    const std::string& session_id, WallMs expires_at)>;

/// What the routes work with; all of it outlives them.
struct AuthParts {
  Server& server;
  Api& api;
  store::Store& store;
  runtime::WorkerPool& pool;  ///< hashes passwords
  const TrustedProxies& proxies;
  const auth::MakeRateLimiter& limiters;
};

/// Owned by the wiring; handlers run on the shard of their request.
class AuthRoutes {
 public:
  AuthRoutes(const AuthParts& parts, const AuthOptions& options, SignToken sign);

 private:
  void register_user(const Call& call);
  void log_in(const Call& call);
  void log_out(const Call& call);
  void tell_me(const Call& call);
  void put_user(const Call& call);

  // Counts a try of this address and this email, then goes on.
  void if_allowed(const Call& call, const std::string& email, std::function<void()> go_on);
  // Runs `work` on the pool and `done` with what it returns back here; refuses where too much waits.
  template <class Work, class Done>
  void off_shard(const Call& call, Work work, Done done);
  void sign_in(const Call& call, int status, const std::string& user_id);

  AuthParts parts_;
  const AuthOptions options_;
  const SignToken sign_;
  Homes<auth::RateLimiter> tries_;  // by address and by email
};

}  // namespace belfry::apps
