// What a socket of an app carries in its data: its user.
#pragma once

#include "apps/common/identity.h"
#include "belfry/socket.h"

namespace belfry::apps {

/// On the socket's shard.
inline void set_caller(const Socket& socket, const Caller& caller) {
  socket.data() = {{"userId", caller.user_id}, {"role", caller.role}};
}

/// On the socket's shard; of one that was let in as nobody, without a user.
inline Caller caller_of(const Socket& socket) {
  const Value& data = socket.data();
  if (!data.is_object()) return {};
  return {.user_id = data.value("userId", ""), .role = data.value("role", "")};
}

}  // namespace belfry::apps
