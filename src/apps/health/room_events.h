// Events of rooms, and of who is typing in them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "apps/common/events.h"
#include "apps/health/room_access.h"
#include "apps/health/shard_state.h"

namespace belfry::health {

struct JoinInput {
  std::string room_id;
  std::string room_type;
  std::optional<Value> metadata;
};
constexpr auto describe(Type<JoinInput>) {
  return fields(field("roomId", &JoinInput::room_id), field("roomType", &JoinInput::room_type),
                field("metadata", &JoinInput::metadata));
}

struct RoomInput {
  std::string room_id;
};
constexpr auto describe(Type<RoomInput>) {
  return fields(field("roomId", &RoomInput::room_id));
}

/// Owned by the gateway. A room's state has its home on one shard; what one socket asks is done in its lane,
/// in order. Each node puts a fact for every user in a room there, and one while they type; all nodes know of
/// all, and each tells its own sockets.
class RoomEvents {
 public:
  RoomEvents(Context& context, apps::Events& events);

  /// The socket has gone: takes it out of its rooms.
  void drop(const Socket& socket);
  /// Out of all rooms that it has entered: its rights have changed, and it may enter anew.
  void leave_all(const Socket& socket);

 private:
  struct Join;
  using AtHome = std::function<void(ShardState& home, const apps::Request& request)>;

  void on_join(const apps::Request& request, const JoinInput& input);
  void join(const std::shared_ptr<const Join>& join, const apps::Lanes::Done& done);
  void enter(const std::shared_ptr<const Join>& join, ShardState& home);
  void on_leave(const apps::Request& request, const RoomInput& input);
  void on_participants(const apps::Request& request, const RoomInput& input);
  void on_typing(const apps::Request& request, const RoomInput& input, bool starts);
  // In the socket's lane: runs `work` at the room's home.
  void at_home(const std::string& room, const apps::Request& request, AtHome work);

  // At the room's home: what the other nodes are to know, and what they tell.
  void share(const ShardState& home, const apps::RoomUser& who) const;
  void follow(const std::string& owner, const std::string& key, const std::string* value);
  void follow_typing(const std::string& owner, const std::string& key, bool types);

  void tell_joined(const std::string& room, const rooms::Participant& who, WallMs now) const;
  void tell_left(const rooms::Left& left) const;
  void tell_typing(std::string_view event, const std::string& room, const std::string& user_id) const;
  void watch_typing(ShardState& home);

  Context& context_;
};

}  // namespace belfry::health
