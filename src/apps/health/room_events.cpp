#include "apps/health/room_events.h"

#include <memory>
#include <optional>
#include <utility>

#include "apps/common/json.h"

namespace belfry::health {

namespace {

using apps::Request;
using apps::RoomUser;

constexpr const char* kFact = "room";

/// What a node tells the others of a user in a room.
struct SharedParticipant {
  std::string role;
  WallMs joined_at = 0;
  std::optional<Value> metadata = {};
};
constexpr auto describe(Type<SharedParticipant>) {
  return fields(field("role", &SharedParticipant::role), field("joinedAt", &SharedParticipant::joined_at),
                field("metadata", &SharedParticipant::metadata));
}

// What of the metadata is for the others, and which visit it names.
struct Metadata {
  Value kept;  // null where nothing is
  std::optional<std::string> visit_id;
};

Result<Metadata> read_metadata(const std::optional<Value>& given) {
  if (!given) return Metadata{};
  if (!given->is_object()) return fail_field("metadata", "must be an object");
  if (has_binary(*given)) return fail_field("metadata", "must hold no binary data");
  Metadata metadata{.kept = *given, .visit_id = {}};
  if (const auto visit = given->find("visitId"); visit != given->end() && !visit->is_null()) {
    if (!visit->is_string()) return fail_field("metadata.visitId", "must be a string");
    metadata.visit_id = visit->get<std::string>();
  }
  metadata.kept.erase("visitId");
  if (metadata.kept.empty()) metadata.kept = nullptr;
  return metadata;
}

Value participants_json(const std::vector<rooms::Participant>& participants) {
  Value list = Value::array();
  for (const auto& one : participants) {
    Value json = {{"userId", one.user_id}, {"role", one.role}, {"joinedAt", iso_time(one.joined_at)}};
    if (!one.metadata.is_null()) json["metadata"] = one.metadata;
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

// A join on its way.
struct RoomEvents::Join {
  Request request;
  Caller caller;
  RoomId room;
  Metadata metadata;
};

RoomEvents::RoomEvents(Context& context, apps::Events& events) : context_(context) {
  events.on<JoinInput>("room:join", [this](const auto& r, const auto& input) { on_join(r, input); });
  events.on<RoomInput>("room:leave", [this](const auto& r, const auto& input) { on_leave(r, input); });
  events.on<RoomInput>("room:participants",
                       [this](const auto& r, const auto& input) { on_participants(r, input); });
  events.on<RoomInput>("typing:start",
                       [this](const auto& r, const auto& input) { on_typing(r, input, true); });
  events.on<RoomInput>("typing:stop",
                       [this](const auto& r, const auto& input) { on_typing(r, input, false); });
  context_.facts.watch(kFact, [this](const auto& owner, const auto& key, const std::string* value) {
    follow(owner, key, value);
  });
  context_.facts.watch(kTypingFact, [this](const auto& owner, const auto& key, const std::string* value) {
    follow_typing(owner, key, value != nullptr);
  });
}

void RoomEvents::at_home(const std::string& room, const Request& request, AtHome work) {
  in_lane(context_, request, [this, room, request, work = std::move(work)](const apps::Lanes::Done& done) {
    context_.homes.run(room, [request, work, done](ShardState& home) {
      work(home, request);
      done();
    });
  });
}

// ---- joining ----

void RoomEvents::on_join(const Request& request, const JoinInput& input) {
  auto metadata = read_metadata(input.metadata);
  if (!metadata) return request.refuse(metadata.error());
  auto room = parse_room_id(input.room_id, input.room_type);
  if (!room) return request.refuse(room.error());
  const auto kept = std::make_shared<const Join>(request, caller_of(request.socket), std::move(*room),
                                                 std::move(*metadata));
  in_lane(context_, request, [this, kept](const apps::Lanes::Done& done) { join(kept, done); });
}

void RoomEvents::join(const std::shared_ptr<const Join>& join, const apps::Lanes::Done& done) {
  const auto check = [this, join](store::Transaction& tx) {
    return check_room(tx, join->caller, join->room, join->metadata.visit_id, context_.options.topics);
  };
  context_.store.read(apps::post_here(), check, [this, join, done](const Result<void>& allowed) {
    const Socket& socket = join->request.socket;
    if (!allowed || !socket.connected()) {
      if (!allowed) join->request.refuse(allowed.error());
      return done();
    }
    // Before it is told who is there, so that it misses nobody who comes or goes meanwhile.
    if (!socket.join(join->room.text)) {
      join->request.refuse({ErrorKind::too_large, "Too many rooms"});
      return done();
    }
    context_.homes.run(join->room.text, [this, join, done](ShardState& home) {
      enter(join, home);
      done();
    });
  });
}

void RoomEvents::enter(const std::shared_ptr<const Join>& join, ShardState& home) {
  const std::string& room = join->room.text;
  const Socket& socket = join->request.socket;
  const WallMs now = wall_now_ms();
  const auto joined = home.rooms.join(room,
                                      {.user_id = join->caller.user_id,
                                       .role = join->caller.role,
                                       .socket_id = socket.id(),
                                       .metadata = join->metadata.kept},
                                      now);
  if (!joined) {
    if (!home.rooms.has(room, socket.id())) socket.leave(room);
    return join->request.refuse(joined.error());
  }
  join->request.succeed({{"roomId", room}, {"participants", participants_json(joined->participants)}});
  share(home, {room, join->caller.user_id});
  if (!joined->first_device) return;
  tell_joined(room,
              {.user_id = join->caller.user_id, .role = join->caller.role, .metadata = join->metadata.kept},
              now);
}

void RoomEvents::tell_joined(const std::string& room, const rooms::Participant& who, WallMs now) const {
  Value told = {{"roomId", room}, {"userId", who.user_id}, {"role", who.role}, {"timestamp", iso_time(now)}};
  if (!who.metadata.is_null()) told["metadata"] = who.metadata;
  context_.mounts.tell({room}, {user_room_name(who.user_id)}, "room:userJoined", told);
}

// ---- what other nodes know ----

void RoomEvents::share(const ShardState& home, const RoomUser& who) const {
  if (!context_.facts.shared()) return;
  const auto participant = home.rooms.find(who.room, who.user_id);
  if (!participant) return;
  SharedParticipant shared{.role = participant->role, .joined_at = participant->joined_at};
  if (!participant->metadata.is_null()) shared.metadata = participant->metadata;
  context_.facts.put(kFact, who.key(), to_value(shared).dump());
}

void RoomEvents::follow(const std::string& owner, const std::string& key, const std::string* value) {
  const auto who = RoomUser::parse(key);
  if (!who) return context_.log.warn("rooms", "no fact", {{"owner", owner}});
  if (value == nullptr) {
    return context_.homes.run(who->room, [this, owner, who = *who](ShardState& home) {
      if (const auto left = home.rooms.leave_elsewhere(who.room, owner, who.user_id)) tell_left(*left);
    });
  }
  const auto shared = from_value<SharedParticipant>(Value::parse(*value, nullptr, false));
  if (!shared) return context_.log.warn("rooms", "no fact", {{"owner", owner}});
  const rooms::Participant participant{.user_id = who->user_id,
                                       .role = shared->role,
                                       .metadata = shared->metadata.value_or(Value()),
                                       .joined_at = shared->joined_at};
  context_.homes.run(who->room, [this, owner, room = who->room, participant](ShardState& home) {
    if (home.rooms.join_elsewhere(room, owner, participant)) tell_joined(room, participant, wall_now_ms());
  });
}

void RoomEvents::follow_typing(const std::string& owner, const std::string& key, bool types) {
  const auto who = RoomUser::parse(key);
  if (!who) return context_.log.warn("rooms", "no fact", {{"owner", owner}});
  context_.homes.run(who->room, [this, owner, who = *who, types](ShardState& home) {
    if (!home.rooms.type_elsewhere(who.room, owner, who.user_id, types)) return;
    tell_typing(types ? "typing:start" : "typing:stop", who.room, who.user_id);
  });
}

// ---- leaving ----

void RoomEvents::on_leave(const Request& request, const RoomInput& input) {
  const auto room = parse_room_id(input.room_id, input.room_id.substr(0, input.room_id.find(':')));
  if (!room) return request.refuse(room.error());
  at_home(room->text, request, [this, room = room->text](ShardState& home, const Request& asked) {
    asked.socket.leave(room);
    if (const auto left = home.rooms.leave(room, asked.socket.id())) tell_left(*left);
    asked.succeed();
  });
}

void RoomEvents::leave_all(const Socket& socket) {
  const auto leave = [this, socket](const apps::Lanes::Done& done) {
    const std::string own = "notifications:" + caller_of(socket).user_id;
    for (const std::string& room : socket.rooms()) {
      const bool entered = room != own && parse_room_id(room, room.substr(0, room.find(':'))).has_value();
      if (entered) socket.leave(room);
    }
    context_.homes.run_on_each([this, id = socket.id()](ShardState& home) {
      for (const auto& left : home.rooms.drop(id)) tell_left(left);
    });
    done();
  };
  if (!context_.homes.local().lanes.put(socket.id(), leave)) socket.disconnect();
}

void RoomEvents::drop(const Socket& socket) {
  const auto last = [this, id = socket.id()](const apps::Lanes::Done& done) {
    context_.homes.run_on_each([this, id](ShardState& home) {
      for (const auto& left : home.rooms.drop(id)) tell_left(left);
    });
    done();
  };
  context_.homes.local().lanes.close(socket.id(), last);
}

void RoomEvents::tell_left(const rooms::Left& left) const {
  if (left.last_here) context_.facts.remove(kFact, RoomUser{left.room, left.user_id}.key());
  if (left.stopped_typing) tell_typing("typing:stop", left.room, left.user_id);
  if (!left.last_device) return;
  context_.mounts.tell(
      {left.room}, {user_room_name(left.user_id)}, "room:userLeft",
      {{"roomId", left.room}, {"userId", left.user_id}, {"timestamp", iso_time(wall_now_ms())}});
}

void RoomEvents::on_participants(const Request& request, const RoomInput& input) {
  at_home(input.room_id, request, [room = input.room_id](ShardState& home, const Request& asked) {
    if (!home.rooms.has(room, asked.socket.id())) {
      return asked.refuse({ErrorKind::forbidden, "Access denied to this room"});
    }
    asked.succeed({{"participants", participants_json(home.rooms.participants(room))}});
  });
}

// ---- typing ----

void RoomEvents::on_typing(const Request& request, const RoomInput& input, bool starts) {
  const auto work = [this, room = input.room_id, user = caller_of(request.socket).user_id, starts](
                        ShardState& home, const Request& asked) {
    const auto changed = starts ? home.rooms.start_typing(room, asked.socket.id(), TimePoint::clock::now())
                                : home.rooms.stop_typing(room, asked.socket.id());
    if (!changed) return asked.refuse(changed.error());
    if (*changed) tell_typing(asked.event, room, user);
    if (starts) watch_typing(home);
    asked.succeed();
  };
  at_home(input.room_id, request, work);
}

void RoomEvents::tell_typing(std::string_view event, const std::string& room,
                             const std::string& user_id) const {
  context_.mounts.tell({room}, {user_room_name(user_id)}, event, {{"roomId", room}, {"userId", user_id}});
}

void RoomEvents::watch_typing(ShardState& home) {
  home.typing_alarm.set(context_.server, home.rooms.next_deadline(), [this, &home] {
    for (const auto& stopped : home.rooms.expired(TimePoint::clock::now())) {
      tell_typing("typing:stop", stopped.room, stopped.user_id);
    }
    watch_typing(home);
  });
}

}  // namespace belfry::health
