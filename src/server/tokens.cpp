#include "server/tokens.h"

#include <algorithm>
#include <utility>

#include "apps/common/identity.h"
#include "core/clock.h"

namespace belfry::server {

Result<Secret> signing_secret(const Config& config) {
  if (!config.auth.jwt_secret.empty())
    return Secret{.value = config.auth.jwt_secret, .file = {}, .created = false};
  return load_or_create_secret(config.server.data_dir);
}

Result<std::string> session_token(const Config& config, const std::string& secret,
                                  const accounts::Account& account, const std::string& session_id,
                                  WallMs expires_at) {
  TokenRequest request;
  request.sub = account.id;
  request.role = account.role;
  request.name = account.name.value_or("");
  request.email = account.email.value_or("");
  request.ttl = std::chrono::seconds((expires_at - wall_now_ms()) / 1000);
  request.claims = {{apps::kSessionClaim, session_id}};
  return make_token(config, secret, request);
}

Result<std::string> make_token(const Config& config, const std::string& secret, const TokenRequest& request) {
  const auto& names = config.auth.jwt_algorithms;
  const auto named =
      std::ranges::find_if(names, [](const std::string& name) { return name.starts_with("HS"); });
  const auto algorithm = named == names.end() ? std::nullopt : auth::algorithm_named(*named);
  if (!algorithm)
    return fail(ErrorKind::unavailable, "auth.jwt_algorithms names none that the secret is for");
  const std::int64_t now = wall_now_ms() / 1000;
  Value claims = {{"sub", request.sub}, {"iat", now}, {"exp", now + request.ttl.count()}};
  const auto add = [&claims](const char* name, const std::string& value) {
    if (!value.empty()) claims[name] = value;
  };
  add("role", request.role);
  add("name", request.name);
  add("email", request.email);
  add("iss", config.auth.issuer);
  add("aud", config.auth.audience);
  for (const auto& [name, value] : request.claims) claims[name] = value;
  return auth::sign_token(claims, auth::HmacKey(secret), *algorithm);
}

}  // namespace belfry::server
