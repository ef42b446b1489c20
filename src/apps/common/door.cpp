#include "apps/common/door.h"

#include <utility>

#include "apps/common/answers.h"
#include "apps/common/refusals.h"
#include "http/cookies.h"
#include "services/accounts/accounts.h"
#include "services/sessions/sessions.h"

namespace belfry::apps {

namespace {

// Of the sockets that were let in with a session; no client can join it by itself.
std::string session_room(const std::string& session_id) {
  return "session:" + session_id;
}

// Who comes back as somebody else, in another role or by another sign-in has not the rooms of before, and
// does not get what was missed there.
bool is_same(const Caller& before, const Caller& now) {
  return before.user_id == now.user_id && before.role == now.role && before.session_id == now.session_id;
}

}  // namespace

std::string type_of_room(std::string_view room) {
  const auto colon = room.find(':');
  const std::string_view type = colon == room.npos ? std::string_view() : room.substr(0, colon);
  return std::string(type == "user" || type == "session" ? std::string_view() : type);
}

Door::Door(const Parts& parts, const Mounts& mounts, Events& events, DoorRules rules, Hooks hooks)
    : parts_(parts),
      mounts_(mounts),
      events_(events),
      rules_(std::move(rules)),
      hooks_(std::move(hooks)),
      expiry_(parts.server, events, parts.identity, parts.expiry_grace,
              [this](const Socket& socket, const Caller& caller) { refresh(socket, caller); }),
      shards_(parts.server, [this] {
        return std::make_unique<Shard>(
            std::map<std::string, std::int64_t>(),
            parts_.limiters(rules_.app + ".connects", {.max_times = rules_.connects_per_minute}));
      }) {
  for (const Namespace& nsp : mounts.all()) mount(nsp);
  listen();
}

void Door::mount(const Namespace& nsp) {
  nsp.use([this](Socket& socket, const Next& next) { admit(socket, next); });
  nsp.on_connection([this](Socket& socket) { enter(socket); });
  nsp.on_disconnect([this](Socket& socket, std::string_view reason) { leave(socket, reason); });
}

// Whoever was let in with what holds no longer goes at once, on all devices: each node turns out its own.
void Door::listen() {
  parts_.bus.subscribe<sessions::SessionRevoked>(
      [this](const auto& event) { turn_out(session_room(event->session.id), "session revoked"); });
  parts_.bus.subscribe<accounts::UserBlocked>(
      [this](const auto& event) { turn_out(user_room_name(event->user_id), "user blocked"); });
  parts_.bus.subscribe<accounts::RoleChanged>([this](const auto& event) {
    shards_.run_on_each([this, user = event->user_id, role = event->role](Shard& here) {
      const auto sockets = here.of_account.find(user);
      if (sockets == here.of_account.end()) return;
      for (const auto& [id, socket] : std::map(sockets->second)) change_role(socket, role);
    });
  });
}

// Only of those whose own credentials do not say otherwise.
void Door::change_role(const Socket& socket, const std::string& role) {
  Caller caller = caller_of(socket);
  if (!caller.role_of_account || caller.role == role) return;
  caller.role = role;
  refresh(socket, caller);
}

void Door::turn_out(const std::string& room, std::string_view reason) const {
  mounts_.tell({room}, {}, "auth:revoked", {{"reason", reason}});
  for (const Namespace& nsp : mounts_.all()) nsp.to(room).local().disconnect_sockets(true);
}

void Door::refresh(const Socket& socket, const Caller& caller) {
  const Caller before = caller_of(socket);
  forget(socket, before);
  set_caller(socket, caller);
  keep(socket, caller);
  if (before.session_id != caller.session_id) {
    if (!before.session_id.empty()) socket.leave(session_room(before.session_id));
    if (!caller.session_id.empty()) socket.join(session_room(caller.session_id));
    check_again(socket, caller);
  }
  if (before.role != caller.role && hooks_.role_changed) hooks_.role_changed(socket);
}

// What was revoked between the check and the room was told to nobody.
void Door::check_again(const Socket& socket, const Caller& caller) {
  parts_.identity.check_again(caller, [this, socket](const Result<std::string>& role) {
    if (role) {
      if (socket.connected()) change_role(socket, *role);
      return;
    }
    if (role.error().kind != ErrorKind::unauthenticated) return;
    socket.emit(
        "auth:revoked",
        Value{{"reason", role.error().message == "User is blocked" ? "user blocked" : "session revoked"}});
    socket.disconnect(true);
  });
}

void Door::admit(const Socket& socket, const Next& next) {
  const std::string address = parts_.proxies.client_of(socket.handshake());
  shards_.run(address, [this, socket, next, address](Shard& home) {
    const auto own = [this, socket, next, address](const Result<void>& passed) {
      if (!passed) return next(refusal(passed.error()));
      parts_.all_connects.run(address, [this, socket, next, address](auth::RateLimiter& all) {
        all.check(address, TimePoint::clock::now(), [this, socket, next](const Result<void>& passed_all) {
          if (!passed_all) return next(refusal(passed_all.error()));
          socket.post([this, socket, next] { authenticate(socket, next); });
        });
      });
    };
    home.connects->check(address, TimePoint::clock::now(), own);
  });
}

void Door::authenticate(const Socket& socket, const Next& next) {
  parts_.identity.by_token(token_of(socket), [this, socket, next](const Result<Caller>& caller) {
    if (caller) {
      if (socket.recovered() && !is_same(caller_of(socket), *caller)) socket.begin_anew();
      set_caller(socket, *caller);
      return next();
    }
    if (socket.recovered()) socket.begin_anew();
    const bool stranger = caller.error().kind == ErrorKind::unauthenticated;
    if (stranger && rules_.strangers != DoorRules::Strangers::refused) return next();
    next(refusal(shown(caller.error(), "connect", parts_.log)));
  });
}

// A cookie comes along with any page's handshake, so the page matters, too; none at all is no browser.
std::string Door::token_of(const Socket& socket) const {
  if (rules_.token == DoorRules::Token::in_cookie) {
    const HandshakeInfo handshake = socket.handshake();
    std::string_view cookie;
    bool from_page = false;
    for (const auto& [name, value] : handshake.headers) {
      if (name == "cookie" && cookie.empty()) cookie = value;
      if (name == "origin") from_page = true;
    }
    if (from_page && !handshake.from_allowed_origin) return {};
    return http::cookie_value(cookie, "token").value_or("");
  }
  const Value& auth = socket.auth();
  if (!auth.is_object()) return {};
  const auto given = auth.find("token");
  if (given == auth.end() || given->is_null()) return {};
  return given->is_string() ? given->get<std::string>() : given->dump();
}

ConnectError Door::refusal(const Error& error) const {
  const RefusalCode code = refusal_code(error);
  Value data = {{"code", code.code}, {"retry", code.retry}};
  if (error.kind == ErrorKind::rate_limited) data["retryAfterMs"] = error.retry_after_ms;
  const bool own_words = error.kind == ErrorKind::unauthenticated && rules_.refusal;
  return {own_words ? rules_.refusal(error) : error.message, std::move(data)};
}

void Door::enter(const Socket& socket) {
  const Caller caller = caller_of(socket);
  if (caller.user_id.empty()) {
    if (rules_.strangers != DoorRules::Strangers::disconnected) return;
    if (hooks_.turn_away) hooks_.turn_away(socket);
    return socket.disconnect();
  }
  socket.join(user_room_name(caller.user_id));
  if (!caller.session_id.empty()) socket.join(session_room(caller.session_id));
  check_again(socket, caller);
  parts_.user_limits.bind(socket, caller.user_id);
  expiry_.watch(socket, caller.expires_at);
  keep(socket, caller);
  parts_.log.info(rules_.app, "connected",
                  {{"user", caller.user_id}, {"socket", socket.id()}, {"app", rules_.app}});
  parts_.devices.come(caller.user_id, rules_.app,
                      [this, user = caller.user_id] { hooks_.online(user, true); });
  if (socket.recovered() && hooks_.recovered) hooks_.recovered(socket);
  hooks_.welcome(socket, caller);
}

void Door::leave(const Socket& socket, std::string_view reason) {
  expiry_.drop(socket);
  const Caller caller = caller_of(socket);
  if (caller.user_id.empty()) return;
  forget(socket, caller);
  parts_.devices.go(caller.user_id, rules_.app,
                    [this, user = caller.user_id] { hooks_.online(user, false); });
  hooks_.leave(socket, caller, reason);
  parts_.log.info(
      rules_.app, "disconnected",
      {{"user", caller.user_id}, {"socket", socket.id()}, {"app", rules_.app}, {"reason", reason}});
}

// On the socket's shard.
void Door::keep(const Socket& socket, const Caller& caller) {
  Shard& here = shards_.local();
  ++here.by_role[role_label(caller.role)];
  if (caller.role_of_account) here.of_account[caller.user_id].emplace(socket.id(), socket);
}

void Door::forget(const Socket& socket, const Caller& caller) {
  Shard& here = shards_.local();
  --here.by_role[role_label(caller.role)];
  if (!caller.role_of_account) return;
  const auto user = here.of_account.find(caller.user_id);
  user->second.erase(std::string(socket.id()));
  if (user->second.empty()) here.of_account.erase(user);
}

void Door::gather_stats(std::function<void(AppStats)> done) {
  const auto ask = [](Shard& here) { return here.by_role; };
  using Counts = std::map<std::string, std::int64_t>;
  shards_.gather<Counts>(ask, [this, done = std::move(done)](const std::vector<Counts>& parts) {
    AppStats stats;
    for (const Counts& part : parts) {
      for (const auto& [role, count] : part) stats.connections_by_role[role] += count;
    }
    events_.add_failures(stats);
    if (!rules_.room_type) return done(std::move(stats));
    count_rooms(std::move(stats), done);
  });
}

void Door::count_rooms(AppStats stats, const std::function<void(AppStats)>& done) const {
  struct Counting {
    AppStats stats;
    std::size_t missing;  // namespaces
  };
  const auto counting = std::make_shared<Counting>(std::move(stats), mounts_.all().size());
  for (const Namespace& nsp : mounts_.all()) {
    nsp.sockets().local().fetch_rooms([this, counting, done](const std::vector<std::string>& rooms) {
      for (const std::string& room : rooms) {
        if (const std::string type = rules_.room_type(room); !type.empty()) {
          ++counting->stats.rooms_by_type[type];
        }
      }
      if (--counting->missing == 0) done(std::move(counting->stats));
    });
  }
}

}  // namespace belfry::apps
