#include "apps/health/presence_events.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "apps/common/json.h"
#include "services/presence/last_seen.h"

namespace belfry::health {

namespace {

using apps::Request;
using presence::Presence;

constexpr std::size_t kCustomStatusMax = 200;  // characters

/// What a node tells the others of a user who has a device there.
struct SharedPresence {
  WallMs seen = 0;
  WallMs chosen_at = 0;
  std::optional<std::string> status = {};  // absent: none was chosen
  std::optional<std::string> custom_status = {};
};
constexpr auto describe(Type<SharedPresence>) {
  return fields(field("seen", &SharedPresence::seen), field("chosenAt", &SharedPresence::chosen_at),
                field("status", &SharedPresence::status),
                field("customStatus", &SharedPresence::custom_status));
}

std::string watchers_of(const std::string& user_id) {
  return "presence:" + user_id;
}

Error too_many() {
  return {ErrorKind::invalid, "more than " + std::to_string(kPresenceIdsMax), "userIds"};
}

Result<void> check_ids(const std::vector<std::string>& ids) {
  if (ids.size() > kPresenceIdsMax) return std::unexpected(too_many());
  return {};
}

// The rooms of those whom a socket watches.
std::set<std::string> watched_by(const Socket& socket) {
  std::set<std::string> watched;
  for (std::string& room : socket.rooms()) {
    if (room.starts_with(watchers_of(""))) watched.insert(std::move(room));
  }
  return watched;
}

// How many users a socket watches, with these.
std::size_t watched_with(const Socket& socket, const std::vector<Presence>& more) {
  std::set<std::string> watched = watched_by(socket);
  for (const Presence& one : more) watched.insert(watchers_of(one.user_id));
  return watched.size();
}

// As those appear who have no device.
Result<std::vector<Presence>> read_offline(store::Transaction& tx, const Caller& caller,
                                           const std::vector<std::string>& ids) {
  auto visible = visible_users(tx, caller, ids);
  if (!visible) return std::unexpected(std::move(visible.error()));
  const auto seen = presence::last_seen(tx, *visible);
  if (!seen) return std::unexpected(seen.error());
  std::vector<Presence> all;
  for (std::string& id : *visible) {
    const auto at = seen->find(id);
    all.push_back({.user_id = id, .last_seen = at == seen->end() ? std::nullopt : std::optional(at->second)});
  }
  return all;
}

}  // namespace

Value to_json(const Presence& presence) {
  return {{"userId", presence.user_id},
          {"status", presence::name_of(presence.status)},
          {"customStatus", apps::json_or_null(presence.custom_status)},
          {"lastSeen", presence.last_seen ? Value(iso_time(*presence.last_seen)) : Value(nullptr)}};
}

Value to_json(const std::vector<Presence>& presences) {
  Value list = Value::array();
  for (const Presence& one : presences) list.push_back(to_json(one));
  return list;
}

PresenceEvents::PresenceEvents(Context& context, apps::Events& events) : context_(context) {
  events.on<UsersInput>("presence:get", [this](const auto& r, const auto& input) { on_get(r, input); });
  events.on<StatusInput>("presence:setStatus",
                         [this](const auto& r, const auto& input) { on_status(r, input); });
  events.on<UsersInput>("presence:subscribe",
                        [this](const auto& r, const auto& input) { on_subscribe(r, input); });
  events.on<UsersInput>("presence:unsubscribe",
                        [this](const auto& r, const auto& input) { on_unsubscribe(r, input); });
  context_.facts.watch(kPresenceFact, [this](const auto& owner, const auto& user, const std::string* value) {
    follow(owner, user, value);
  });
}

void PresenceEvents::welcome(const Socket& socket) {
  const std::string user = caller_of(socket).user_id;
  context_.homes.run(user, [this, user, id = socket.id()](ShardState& home) {
    const WallMs now = wall_now_ms();
    if (home.presence.connect(user, id, TimePoint::clock::now(), now)) {
      note_seen(user, now);
      share(home, user, now);
    }
    watch(home);
  });
}

void PresenceEvents::drop(const Socket& socket) {
  const std::string user = caller_of(socket).user_id;
  context_.homes.run(user, [this, user, id = socket.id()](ShardState& home) {
    const WallMs now = wall_now_ms();
    if (home.presence.disconnect(user, id, TimePoint::clock::now(), now)) {
      note_seen(user, now);
      context_.facts.remove(kPresenceFact, user);
    }
    watch(home);
  });
}

void PresenceEvents::share(const ShardState& home, const std::string& user_id, WallMs seen) const {
  if (!context_.facts.shared()) return;
  const presence::Choice choice = home.presence.choice(user_id);
  SharedPresence shared{.seen = seen, .chosen_at = choice.at};
  if (choice.at > 0) {
    shared.status = presence::name_of(choice.status);
    shared.custom_status = choice.custom_status;
  }
  context_.facts.put(kPresenceFact, user_id, to_value(shared).dump());
}

void PresenceEvents::follow(const std::string& owner, const std::string& user_id, const std::string* value) {
  if (value == nullptr) {
    return context_.homes.run(user_id, [this, owner, user_id](ShardState& home) {
      home.presence.disconnect_elsewhere(user_id, owner, TimePoint::clock::now(), wall_now_ms());
      watch(home);
    });
  }
  const auto shared = from_value<SharedPresence>(Value::parse(*value, nullptr, false));
  if (!shared) return context_.log.warn("presence", "no fact", {{"owner", owner}});
  presence::Choice choice{.at = shared->chosen_at, .custom_status = shared->custom_status};
  choice.status = presence::chosen_status(shared->status.value_or("")).value_or(presence::Status::online);
  context_.homes.run(user_id, [this, owner, user_id, choice, seen = shared->seen](ShardState& home) {
    if (home.presence.connect_elsewhere(user_id, owner, choice, TimePoint::clock::now(), seen)) {
      share(home, user_id, seen);
    }
    watch(home);
  });
}

void PresenceEvents::set_in_call(const std::string& user_id, bool in_call) {
  context_.homes.run(user_id, [this, user_id, in_call](ShardState& home) {
    home.presence.set_in_call(user_id, in_call, TimePoint::clock::now());
    watch(home);
  });
}

void PresenceEvents::if_elsewhere(const std::string& user_id, std::function<void(bool)> answer) {
  context_.homes.run(user_id, [user_id, answer = std::move(answer)](ShardState& home) {
    answer(home.presence.is_elsewhere(user_id));
  });
}

// Nobody waits for it: one that is lost shows an older time.
void PresenceEvents::note_seen(const std::string& user_id, WallMs at) const {
  const auto write = [user_id, at](store::Transaction& tx) { return presence::note_seen(tx, user_id, at); };
  context_.store.write(apps::post_here(), "seen:" + user_id, write, [](const Result<void>&) {});
}

void PresenceEvents::watch(ShardState& home) {
  home.presence_alarm.set(context_.server, home.presence.next_deadline(), [this, &home] {
    for (const Presence& changed : home.presence.due(TimePoint::clock::now())) {
      context_.mounts.tell({watchers_of(changed.user_id)}, {}, "presence:changed", to_json(changed),
                           "presence:" + changed.user_id);
    }
    watch(home);
  });
}

// ---- looking ----

void PresenceEvents::look(const Caller& caller, const std::vector<std::string>& user_ids,
                          const std::function<void(Result<std::vector<Presence>>)>& done) {
  if (auto good = check_ids(user_ids); !good) return done(std::unexpected(good.error()));
  const auto read = [caller, user_ids](store::Transaction& tx) { return read_offline(tx, caller, user_ids); };
  context_.store.read(apps::post_here(), read, [this, done](const Result<std::vector<Presence>>& offline) {
    if (!offline) return done(std::unexpected(offline.error()));
    gather(*offline, [done](std::vector<Presence> all) { done(std::move(all)); });
  });
}

// Asks the homes of these users how they are.
void PresenceEvents::gather(const std::vector<Presence>& offline, Found done) {
  struct Gathering {
    std::vector<Presence> all;
    std::size_t missing = 0;  // answers
    Found done;
  };
  const auto gathering = std::make_shared<Gathering>(offline, 0, std::move(done));
  std::map<unsigned, std::vector<std::size_t>> places;  // of the users of each home
  for (std::size_t i = 0; i < offline.size(); ++i) {
    places[context_.homes.home_of(offline[i].user_id)].push_back(i);
  }
  if (places.empty()) return gathering->done({});
  gathering->missing = places.size();
  const store::Post post = apps::post_here();
  for (auto& [home, indices] : places) {
    std::vector<std::pair<std::size_t, std::string>> asked;
    for (const std::size_t i : indices) asked.emplace_back(i, offline[i].user_id);
    context_.homes.run_at(home, [post, gathering, asked = std::move(asked)](ShardState& state) {
      std::vector<std::pair<std::size_t, Presence>> found;
      for (const auto& [i, user] : asked) {
        if (auto one = state.presence.find(user)) found.emplace_back(i, std::move(*one));
      }
      post([gathering, found = std::move(found)] {
        for (const auto& [i, one] : found) gathering->all[i] = one;
        if (--gathering->missing == 0) gathering->done(std::move(gathering->all));
      });
    });
  }
}

void PresenceEvents::on_get(const Request& request, const UsersInput& input) {
  look(caller_of(request.socket), input.user_ids, [request](const Result<std::vector<Presence>>& found) {
    if (!found) return request.refuse(found.error());
    request.succeed({{"presences", to_json(*found)}});
  });
}

// ---- watching ----

// In lanes: a subscription asks the store first, and must not be overtaken by its end.
void PresenceEvents::on_subscribe(const Request& request, const UsersInput& input) {
  if (auto good = check_ids(input.user_ids); !good) return request.refuse(good.error());
  in_lane(context_, request, [this, request, ids = input.user_ids](const apps::Lanes::Done& done) {
    const auto read = [caller = caller_of(request.socket), ids](store::Transaction& tx) {
      return read_offline(tx, caller, ids);
    };
    context_.store.read(apps::post_here(), read,
                        [this, request, done](const Result<std::vector<Presence>>& offline) {
                          if (offline) {
                            subscribe(request, *offline);
                          } else {
                            request.refuse(offline.error());
                          }
                          done();
                        });
  });
}

void PresenceEvents::subscribe(const Request& request, const std::vector<Presence>& offline) {
  const Socket& socket = request.socket;
  if (!socket.connected()) return;
  if (watched_with(socket, offline) > kPresenceIdsMax) return request.refuse(too_many());
  // Before they are looked at, so that no change is missed.
  for (const Presence& one : offline) socket.join(watchers_of(one.user_id));
  gather(offline, [request](const std::vector<Presence>& all) {
    request.succeed();
    request.socket.emit("presence:initial", Value{{"presences", to_json(all)}});
  });
}

void PresenceEvents::on_unsubscribe(const Request& request, const UsersInput& input) {
  if (auto good = check_ids(input.user_ids); !good) return request.refuse(good.error());
  in_lane(context_, request, [request, ids = input.user_ids](const apps::Lanes::Done& done) {
    for (const std::string& id : ids) request.socket.leave(watchers_of(id));
    request.succeed();
    done();
  });
}

void PresenceEvents::unwatch_all(const Socket& socket) {
  const auto leave = [socket](const apps::Lanes::Done& done) {
    for (const std::string& room : watched_by(socket)) socket.leave(room);
    done();
  };
  if (!context_.homes.local().lanes.put(socket.id(), leave)) socket.disconnect();
}

void PresenceEvents::on_status(const Request& request, const StatusInput& input) {
  const auto status = presence::chosen_status(input.status);
  if (!status) return request.refuse({ErrorKind::invalid, "must be online, away or busy", "status"});
  if (input.custom_status && apps::count_characters(*input.custom_status) > kCustomStatusMax) {
    return request.refuse({ErrorKind::invalid,
                           "longer than " + std::to_string(kCustomStatusMax) + " characters",
                           "customStatus"});
  }
  auto custom = input.custom_status;
  if (custom && custom->empty()) custom.reset();
  const std::string user = caller_of(request.socket).user_id;
  context_.homes.run(user, [this, request, user, status = *status, custom](ShardState& home) {
    const WallMs now = wall_now_ms();
    const auto chosen = home.presence.choose(user, status, custom, TimePoint::clock::now(), now);
    if (!chosen) return request.refuse({ErrorKind::closed, "The connection has gone"});
    share(home, user, now);
    watch(home);
    request.succeed();
    context_.mounts.emit({user_room_name(user)}, {}, "presence:statusUpdated", to_json(*chosen));
  });
}

}  // namespace belfry::health
