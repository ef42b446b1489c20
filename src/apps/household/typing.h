// Who is typing in which chat.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/common/alarm.h"
#include "apps/common/events.h"
#include "apps/common/homes.h"
#include "apps/common/member_rooms.h"
#include "apps/common/parts.h"
#include "services/rooms/typing.h"

namespace belfry::household {

/// Tells the others in a chat's room when somebody begins to type and when they stop: also because they did
/// not renew it in time, left the room or went. Each node puts a fact for a user who types there, and all
/// tell their own sockets. Owned by the gateway; outlives the shards' threads.
class ChatTyping {
 public:
  ChatTyping(const apps::Parts& parts, const apps::Mounts& mounts, apps::MemberRooms& chats,
             milliseconds expiry);

  /// Answers; `forbidden` where the socket is not in the chat's room. On the socket's shard, like these
  /// three.
  void start(const apps::Request& request, const std::string& chat_id);
  void stop(const apps::Request& request, const std::string& chat_id);
  void leave(const Socket& socket, const std::string& chat_id);
  void drop(const Socket& socket);
  /// The user belongs to the chat no longer. Any shard.
  void remove(const std::string& chat_id, const std::string& user_id);

 private:
  struct Shard {
    Shard(runtime::SharedFacts& facts, milliseconds expiry);

    std::map<std::string, std::optional<std::string>> families;  // of the chats where somebody types
    rooms::Typing typing;                                        // in the chats at home here
    apps::Alarm alarm;
  };
  struct Start;

  void begin(const Start& start);
  void end(Shard& home, const rooms::TypingStopped& stopped) const;
  void follow(const std::string& owner, const std::string& key, const std::string* value);
  void tell(std::string_view event, const std::string& chat_id, const std::optional<std::string>& family_id,
            const std::string& user_id) const;
  void watch(Shard& home);

  const apps::Parts parts_;
  const apps::Mounts& mounts_;
  apps::MemberRooms& chats_;
  apps::Homes<Shard> shards_;
};

}  // namespace belfry::household
