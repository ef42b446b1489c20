#include "apps/common/user_limits.h"

#include <algorithm>

namespace belfry::apps {

UserLimits::UserLimits(Server& server, const RateLimits& limits)
    : limits_(limits), homes_(server, [] { return std::make_unique<Home>(); }) {}

void UserLimits::bind(const Socket& socket, const std::string& user_id) {
  if (!limits_.bounded()) return;
  homes_.run(user_id,
             [this, socket, user_id](Home& home) { socket.limit_with(find(home, user_id, limits_)); });
}

std::shared_ptr<SharedLimit> UserLimits::find(Home& home, const std::string& user_id,
                                              const RateLimits& limits) {
  if (home.users.size() >= home.sweep_at) {
    std::erase_if(home.users, [](const auto& user) { return user.second.expired(); });
    home.sweep_at = std::max<std::size_t>(2 * home.users.size(), 64);
  }
  std::weak_ptr<SharedLimit>& known = home.users[user_id];
  auto limit = known.lock();
  if (limit == nullptr) known = limit = make_shared_limit(limits);
  return limit;
}

}  // namespace belfry::apps
