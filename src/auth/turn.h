// Credentials of a TURN server that hold for a time, as coturn's `use-auth-secret` checks them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace belfry::auth {

struct TurnCredential {
  std::string username;    ///< `<unix expiry>:<userId>`
  std::string credential;  ///< base64(HMAC-SHA1(secret, username))
};

/// Good until `lifetime` after `now`. Any thread.
TurnCredential turn_credential(std::string_view secret, std::string_view user_id, WallMs now,
                               std::chrono::seconds lifetime);

}  // namespace belfry::auth
