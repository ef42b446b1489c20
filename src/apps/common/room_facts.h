// Facts about users of rooms.
#pragma once

#include <optional>
#include <string>

#include "belfry/value.h"
#include "runtime/shared_facts.h"
#include "services/rooms/typing.h"

namespace belfry::apps {

struct RoomUser {
  std::string room;
  std::string user_id;

  /// As the key of a fact; both may hold any characters.
  std::string key() const {
    return Value{room, user_id}.dump(-1, ' ', false, Value::error_handler_t::replace);
  }
  /// Nothing where it is none: it comes from another node.
  static std::optional<RoomUser> parse(const std::string& key) {
    const Value pair = Value::parse(key, nullptr, false);
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) return {};
    return RoomUser{pair[0].get<std::string>(), pair[1].get<std::string>()};
  }
};

/// Puts a fact of that kind for each user who types on this node, while they do; `value_of` a room.
inline rooms::Typing::Here share_typing(runtime::SharedFacts& facts, std::string kind,
                                        std::function<std::string(const std::string& room)> value_of) {
  if (!facts.shared()) return [](const auto&, const auto&, bool) {};
  return [&facts, kind = std::move(kind), value_of = std::move(value_of)](
             const std::string& room, const std::string& user_id, bool types) {
    const std::string key = RoomUser{room, user_id}.key();
    types ? facts.put(kind, key, value_of(room)) : facts.remove(kind, key);
  };
}

}  // namespace belfry::apps
