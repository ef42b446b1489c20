// What a socket of an app carries in its data: its user.
#pragma once

#include "apps/common/identity.h"
#include "belfry/socket.h"

namespace belfry::apps {

/// On the socket's shard.
inline void set_caller(const Socket& socket, const Caller& caller) {
  Value& data = socket.data() = {{"userId", caller.user_id}, {"role", caller.role}};
  if (caller.expires_at) data["expiresAt"] = *caller.expires_at;
  if (!caller.session_id.empty()) data["sessionId"] = caller.session_id;
  if (caller.role_of_account) data["roleOfAccount"] = true;
}

/// What a socket's data say; of one that was let in as nobody, without a user.
inline Caller caller_in(const Value& data) {
  if (!data.is_object()) return {};
  Caller caller{.user_id = data.value("userId", ""), .role = data.value("role", "")};
  if (const auto expires_at = data.find("expiresAt"); expires_at != data.end()) {
    caller.expires_at = expires_at->get<WallMs>();
  }
  caller.session_id = data.value("sessionId", "");
  caller.role_of_account = data.value("roleOfAccount", false);
  return caller;
}
/// On the socket's shard.
inline Caller caller_of(const Socket& socket) {
  return caller_in(socket.data());
}

}  // namespace belfry::apps
