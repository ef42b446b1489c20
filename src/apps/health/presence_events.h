// Presence: who of those whom one may see is there.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/common/events.h"
#include "apps/health/shard_state.h"

namespace belfry::health {

inline constexpr std::size_t kPresenceIdsMax = 1'000;

struct UsersInput {
  std::vector<std::string> user_ids;
};
constexpr auto describe(Type<UsersInput>) {
  return fields(field("userIds", &UsersInput::user_ids));
}

struct StatusInput {
  std::string status;
  std::optional<std::string> custom_status;
};
constexpr auto describe(Type<StatusInput>) {
  return fields(field("status", &StatusInput::status), field("customStatus", &StatusInput::custom_status));
}

/// Owned by the gateway. A user's presence has its home on one shard. Who watches a user is in the room
/// `presence:<userId>`, which no client can join by itself. Each node puts a fact for a user who has a device
/// there, with what they chose; all nodes know of all users, and each tells its own sockets.
class PresenceEvents {
 public:
  PresenceEvents(Context& context, apps::Events& events);

  void welcome(const Socket& socket);
  void drop(const Socket& socket);
  /// Ends what the socket watches: its user may no longer see them all. On its shard.
  void unwatch_all(const Socket& socket);
  void set_in_call(const std::string& user_id, bool in_call);
  /// Whether the user has a device on another node. `answer` runs at their home.
  void if_elsewhere(const std::string& user_id, std::function<void(bool)> answer);

  /// How the caller sees these users, in their order; those whom they may not see are left out. Fails with
  /// `invalid`. On a shard; `done` runs there.
  void look(const Caller& caller, const std::vector<std::string>& user_ids,
            const std::function<void(Result<std::vector<presence::Presence>>)>& done);

 private:
  using Found = std::function<void(std::vector<presence::Presence>)>;

  void on_get(const apps::Request& request, const UsersInput& input);
  void on_status(const apps::Request& request, const StatusInput& input);
  void on_subscribe(const apps::Request& request, const UsersInput& input);
  void subscribe(const apps::Request& request, const std::vector<presence::Presence>& offline);
  void on_unsubscribe(const apps::Request& request, const UsersInput& input);
  void gather(const std::vector<presence::Presence>& offline, Found done);
  void note_seen(const std::string& user_id, WallMs at) const;
  // At the user's home: what the other nodes are to know, and what they tell.
  void share(const ShardState& home, const std::string& user_id, WallMs seen) const;
  void follow(const std::string& owner, const std::string& user_id, const std::string* value);
  void watch(ShardState& home);

  Context& context_;
};

Value to_json(const presence::Presence& presence);
Value to_json(const std::vector<presence::Presence>& presences);

}  // namespace belfry::health
