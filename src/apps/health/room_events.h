// Events of rooms, and of who is typing in them.
#pragma once

#include <string>

#include "apps/common/answers.h"
#include "apps/health/room_access.h"
#include "apps/health/shard_state.h"

namespace belfry::health {

/// Owned by the gateway. A room's state has its home on one shard; what one socket asks is done in its lane,
/// in order.
class RoomEvents {
 public:
  explicit RoomEvents(Context& context) : context_(context) {}

  void mount(const Namespace& nsp);
  /// The socket has gone: takes it out of its rooms.
  void drop(const Socket& socket);

 private:
  struct Join;
  using AtHome = std::function<void(ShardState& home, const apps::Request& request)>;

  void on_join(const Socket& socket, const Value& payload, const Ack& ack);
  void join(const std::shared_ptr<const Join>& join, const apps::Lanes::Done& done);
  void enter(const std::shared_ptr<const Join>& join, ShardState& home);
  void on_leave(const Socket& socket, const Value& payload, const Ack& ack);
  void on_participants(const Socket& socket, const Value& payload, const Ack& ack);
  void on_typing(const Socket& socket, std::string_view event, bool starts, const Value& payload,
                 const Ack& ack);
  // In the socket's lane: runs `work` at the room's home.
  void at_home(const std::string& room, const apps::Request& request, AtHome work);
  void in_lane(const apps::Request& request, apps::Lanes::Work work);

  void tell_left(const rooms::Left& left) const;
  void tell_typing(std::string_view event, const std::string& room, const std::string& user_id) const;
  void watch_typing(ShardState& home);

  Context& context_;
};

}  // namespace belfry::health
