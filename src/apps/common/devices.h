// Who is connected, over all apps.
#pragma once

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "apps/common/homes.h"

namespace belfry::apps {

/// Counts every user's devices (sockets) in each app, at the user's home. Outlives the apps; any shard.
class Devices {
 public:
  explicit Devices(Server& server) : homes_(server, [] { return std::make_unique<Shard>(); }) {}

  /// A device has come to an app, or has gone. `first` and `last` are called at the user's home, in order,
  /// where it was their first in this app, or their last.
  void come(const std::string& user_id, const std::string& app, std::function<void()> first) {
    homes_.run(user_id, [user_id, app, first = std::move(first)](Shard& home) {
      if (++home.users[user_id][app] == 1) first();
    });
  }
  void go(const std::string& user_id, const std::string& app, std::function<void()> last) {
    homes_.run(user_id, [user_id, app, last = std::move(last)](Shard& home) {
      const auto user = home.users.find(user_id);
      if (--user->second[app] > 0) return;
      user->second.erase(app);
      if (user->second.empty()) home.users.erase(user);
      last();
    });
  }

  /// Those of `users` who have no device in any app. `done` runs on the asking shard.
  void find_absent(std::vector<std::string> users, std::function<void(std::vector<std::string>)> done) {
    using Ids = std::vector<std::string>;
    const auto ask = [this, users = std::move(users)](Shard& here) {
      Ids absent;
      const unsigned index = runtime::Shard::current()->index();
      std::ranges::copy_if(users, std::back_inserter(absent), [&](const std::string& id) {
        return homes_.home_of(id) == index && !here.users.contains(id);
      });
      return absent;
    };
    homes_.gather<Ids>(ask, [done = std::move(done)](const std::vector<Ids>& parts) {
      Ids absent;
      for (const Ids& part : parts) absent.insert(absent.end(), part.begin(), part.end());
      done(std::move(absent));
    });
  }

 private:
  struct Shard {
    std::unordered_map<std::string, std::map<std::string, std::size_t>> users;  // at home here, by app
  };

  Homes<Shard> homes_;
};

}  // namespace belfry::apps
