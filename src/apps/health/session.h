// What a socket of the app carries in its data: its user.
#pragma once

#include "apps/common/identity.h"
#include "belfry/socket.h"

namespace belfry::health {

/// On the socket's shard.
inline void set_caller(const Socket& socket, const apps::Caller& caller) {
  socket.data() = {{"userId", caller.user_id}, {"role", caller.role}};
}

/// On the socket's shard, once it has been let in.
inline apps::Caller caller_of(const Socket& socket) {
  const Value& data = socket.data();
  return {.user_id = data.at("userId").get<std::string>(), .role = data.at("role").get<std::string>()};
}

}  // namespace belfry::health
