#include "apps/household/typing.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "apps/common/json.h"
#include "apps/common/room_facts.h"
#include "apps/common/session.h"
#include "apps/household/chats.h"

namespace belfry::household {

using apps::Lanes;
using apps::Request;

namespace {

constexpr const char* kFact = "household.typing";  // its value: the family's id, or null

}  // namespace

ChatTyping::Shard::Shard(runtime::SharedFacts& facts, milliseconds expiry)
    : typing(expiry, apps::share_typing(facts, kFact, [this](const std::string& chat) {
               return apps::json_or_null(families.at(chat)).dump();
             })) {}

/// A start whose chat was found.
struct ChatTyping::Start {
  Request request;
  ChatRow chat;
};

ChatTyping::ChatTyping(const apps::Parts& parts, const apps::Mounts& mounts, apps::MemberRooms& chats,
                       milliseconds expiry)
    : parts_(parts), mounts_(mounts), chats_(chats), shards_(parts.server, [expiry, &facts = parts.facts] {
        return std::make_unique<Shard>(facts, expiry);
      }) {
  parts_.facts.watch(kFact, [this](const auto& owner, const auto& key, const std::string* value) {
    follow(owner, key, value);
  });
}

// The chat is asked for, as events name its family; a stop that comes meanwhile waits behind it.
void ChatTyping::start(const Request& request, const std::string& chat_id) {
  const auto work = [this, request, chat_id](const Lanes::Done& done) {
    const auto read = [caller = apps::caller_of(request.socket), chat_id](store::Transaction& tx) {
      return chat_of_member(tx, caller, chat_id);
    };
    parts_.store.read(apps::post_here(), read, [this, request, done](const Result<ChatRow>& chat) {
      chat ? begin({request, *chat}) : request.refuse(chat.error());
      done();
    });
  };
  chats_.in_lane(request, work);
}

void ChatTyping::begin(const Start& start) {
  const Socket& socket = start.request.socket;
  const auto rooms = socket.rooms();
  if (std::ranges::find(rooms, chats_.room_of(start.chat.id)) == rooms.end()) {
    return start.request.refuse({ErrorKind::forbidden, kNotAMember});
  }
  shards_.run(start.chat.id, [this, start, user = apps::caller_of(socket).user_id](Shard& home) {
    const auto now = TimePoint::clock::now();
    home.families.emplace(start.chat.id, start.chat.family_id);
    if (home.typing.start(start.chat.id, user, start.request.socket.id(), now)) {
      tell("typing.start", start.chat.id, start.chat.family_id, user);
    }
    watch(home);
    start.request.succeed();
  });
}

void ChatTyping::stop(const Request& request, const std::string& chat_id) {
  const auto work = [this, request, chat_id](const Lanes::Done& done) {
    leave(request.socket, chat_id);
    request.succeed();
    done();
  };
  chats_.in_lane(request, work);
}

void ChatTyping::leave(const Socket& socket, const std::string& chat_id) {
  shards_.run(chat_id,
              [this, chat_id, id = socket.id(), user = apps::caller_of(socket).user_id](Shard& home) {
                if (home.typing.stop(chat_id, id)) end(home, {chat_id, user});
              });
}

void ChatTyping::drop(const Socket& socket) {
  shards_.run_on_each([this, id = socket.id()](Shard& home) {
    for (const auto& stopped : home.typing.drop(id)) end(home, stopped);
  });
}

void ChatTyping::remove(const std::string& chat_id, const std::string& user_id) {
  shards_.run(chat_id, [this, chat_id, user_id](Shard& home) {
    if (home.typing.remove(chat_id, user_id)) end(home, {chat_id, user_id});
  });
}

void ChatTyping::end(Shard& home, const rooms::TypingStopped& stopped) const {
  const auto family = home.families.find(stopped.room);
  tell("typing.stop", stopped.room, family->second, stopped.user_id);
  if (!home.typing.anybody(stopped.room)) home.families.erase(family);
}

void ChatTyping::follow(const std::string& owner, const std::string& key, const std::string* value) {
  const auto who = apps::RoomUser::parse(key);
  if (!who) return parts_.log.warn("household", "no fact", {{"owner", owner}});
  if (value == nullptr) {
    return shards_.run(who->room, [this, owner, who = *who](Shard& home) {
      if (home.typing.stop_elsewhere(who.room, who.user_id, owner)) end(home, {who.room, who.user_id});
    });
  }
  const Value family = Value::parse(*value, nullptr, false);
  shards_.run(who->room, [this, owner, who = *who, family](Shard& home) {
    const auto& known =
        home.families
            .emplace(who.room, family.is_string() ? std::optional(family.get<std::string>()) : std::nullopt)
            .first->second;
    if (home.typing.start_elsewhere(who.room, who.user_id, owner)) {
      tell("typing.start", who.room, known, who.user_id);
    }
  });
}

void ChatTyping::tell(std::string_view event, const std::string& chat_id,
                      const std::optional<std::string>& family_id, const std::string& user_id) const {
  mounts_.tell({chats_.room_of(chat_id)}, {user_room_name(user_id)}, event,
               {{"chatId", chat_id}, {"familyId", apps::json_or_null(family_id)}, {"userId", user_id}});
}

void ChatTyping::watch(Shard& home) {
  home.alarm.set(parts_.server, home.typing.next_deadline(), [this, &home] {
    for (const auto& stopped : home.typing.expire(TimePoint::clock::now())) end(home, stopped);
    watch(home);
  });
}

}  // namespace belfry::household
