// What a user may send, with all devices together.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

#include "apps/common/homes.h"
#include "belfry/limits.h"

namespace belfry::apps {

/// Of all apps; owned by the wiring. Bounded by the users who are connected, and as many who were.
class UserLimits {
 public:
  UserLimits(Server& server, const RateLimits& limits);

  /// The socket is that user's: what it sends counts there soon.
  void bind(const Socket& socket, const std::string& user_id);

 private:
  struct Home {
    std::unordered_map<std::string, std::weak_ptr<SharedLimit>> users;
    std::size_t sweep_at = 64;  // so many users: those who have gone are forgotten
  };
  static std::shared_ptr<SharedLimit> find(Home& home, const std::string& user_id, const RateLimits& limits);

  const RateLimits limits_;
  Homes<Home> homes_;
};

}  // namespace belfry::apps
