// Who is connected, over all apps and nodes.
#pragma once

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "apps/common/homes.h"
#include "runtime/shared_facts.h"

namespace belfry::apps {

/// Counts every user's devices (sockets) of this node in each app, at the user's home, and knows on which
/// other nodes they have some: each node puts a fact for a user from their first device to their last.
/// Outlives the apps; any shard.
class Devices {
 public:
  Devices(Server& server, runtime::SharedFacts& facts)
      : facts_(facts), homes_(server, [] { return std::make_unique<Shard>(); }) {
    facts.watch(kFact, [this](const std::string& owner, const std::string& user_id, const std::string* here) {
      homes_.run(user_id, [owner, user_id, connected = here != nullptr](Shard& home) {
        connected ? home.connect(user_id, owner) : home.disconnect(user_id, owner);
      });
    });
  }

  /// A device has come to an app, or has gone. `first` and `last` are called at the user's home, in order,
  /// where it was their first of this node in this app, or their last.
  void come(const std::string& user_id, const std::string& app, std::function<void()> first) {
    homes_.run(user_id, [this, user_id, app, first = std::move(first)](Shard& home) {
      auto& apps = home.users[user_id];
      if (apps.empty()) facts_.put(kFact, user_id, "1");
      if (++apps[app] == 1) first();
    });
  }
  void go(const std::string& user_id, const std::string& app, std::function<void()> last) {
    homes_.run(user_id, [this, user_id, app, last = std::move(last)](Shard& home) {
      const auto user = home.users.find(user_id);
      if (--user->second[app] > 0) return;
      user->second.erase(app);
      if (user->second.empty()) {
        home.users.erase(user);
        facts_.remove(kFact, user_id);
      }
      last();
    });
  }

  /// Whether a user has a device of this node in an app: at the user's home, in order with the above.
  void ask(const std::string& user_id, const std::string& app, std::function<void(bool)> answer) {
    homes_.run(user_id, [user_id, app, answer = std::move(answer)](Shard& home) {
      const auto user = home.users.find(user_id);
      answer(user != home.users.end() && user->second.contains(app));
    });
  }

  /// Calls `each` for every user who has a device of this node in the app, at their homes.
  void for_each(const std::string& app, const std::function<void(const std::string& user_id)>& each) {
    homes_.run_on_each([app, each](Shard& here) {
      for (const auto& [user_id, apps] : here.users) {
        if (apps.contains(app)) each(user_id);
      }
    });
  }

  /// Those of `users` who have no device in any app, on any node. `done` runs on the asking shard.
  void find_absent(std::vector<std::string> users, std::function<void(std::vector<std::string>)> done) {
    using Ids = std::vector<std::string>;
    const auto ask = [this, users = std::move(users)](Shard& here) {
      Ids absent;
      const unsigned index = runtime::Shard::current()->index();
      std::ranges::copy_if(users, std::back_inserter(absent), [&](const std::string& id) {
        return homes_.home_of(id) == index && !here.users.contains(id) && !here.elsewhere.contains(id);
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
  static constexpr const char* kFact = "device";

  // Users at home here.
  struct Shard {
    std::unordered_map<std::string, std::map<std::string, std::size_t>> users;  // by app
    std::unordered_map<std::string, std::set<std::string>> elsewhere;           // owners of the facts

    void connect(const std::string& user_id, const std::string& owner) { elsewhere[user_id].insert(owner); }
    void disconnect(const std::string& user_id, const std::string& owner) {
      const auto user = elsewhere.find(user_id);
      if (user == elsewhere.end()) return;
      user->second.erase(owner);
      if (user->second.empty()) elsewhere.erase(user);
    }
  };

  runtime::SharedFacts& facts_;
  Homes<Shard> homes_;
};

}  // namespace belfry::apps
