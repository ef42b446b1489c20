// The secret of the configuration, and the tokens that the program itself signs.
#pragma once

#include <string>

#include "auth/jwt.h"
#include "belfry/result.h"
#include "server/cli.h"
#include "server/config.h"
#include "server/secret.h"
#include "services/accounts/accounts.h"

namespace belfry::server {

/// The configured secret, or the one in the data directory, which is made where there is none.
Result<Secret> signing_secret(const Config& config);

/// Signs a token with the strongest claim to what is asked: `--claim` last. Fails where no algorithm is
/// configured that the secret is for.
Result<std::string> make_token(const Config& config, const std::string& secret, const TokenRequest& request);

/// Signs the token of a session, as `make_token` does.
Result<std::string> session_token(const Config& config, const std::string& secret,
                                  const accounts::Account& account, const std::string& session_id,
                                  WallMs expires_at);

}  // namespace belfry::server
