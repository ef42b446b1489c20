#include "apps/health/gateway.h"

#include <utility>

#include "apps/health/session.h"

namespace belfry::health {

namespace {

ConnectError connect_error(const Error& error) {
  if (error.kind == ErrorKind::unauthenticated) return {"Authentication error: " + error.message};
  if (error.kind == ErrorKind::rate_limited) return {error.message, {{"retryAfterMs", error.retry_after_ms}}};
  return {error.message};
}

}  // namespace

Gateway::Gateway(Context& context, const apps::Identity& identity, const apps::TrustedProxies& proxies,
                 apps::Homes<auth::MemoryRateLimiter>& all_connects, runtime::EventBus& bus)
    : context_(context),
      identity_(identity),
      proxies_(proxies),
      all_connects_(all_connects),
      events_(context.mounts, context.log),
      rooms_(context, events_),
      messages_(context, events_, bus),
      presence_(context, events_),
      notifications_(context, events_, bus),
      calls_(context, events_, presence_),
      expiry_(context.server, events_, identity, context.options.expiry_grace,
              [this](const Socket& socket, const Caller& caller) {
                count(socket, -1);
                set_caller(socket, caller);
                count(socket, 1);
              }) {
  for (const Namespace& nsp : context_.mounts.all()) mount(nsp);
}

void Gateway::mount(const Namespace& nsp) {
  nsp.use([this](Socket& socket, const Next& next) { admit(socket, next); });
  nsp.on_connection([this](Socket& socket) { welcome(socket); });
  nsp.on_disconnect([this](Socket& socket, std::string_view reason) {
    count(socket, -1);
    rooms_.drop(socket);
    presence_.drop(socket);
    calls_.drop(socket);
    expiry_.drop(socket);
    log_leaving(socket, reason);
  });
}

void Gateway::admit(const Socket& socket, const Next& next) {
  const Value& auth = socket.auth();
  const auto given = auth.is_object() ? auth.find("token") : auth.end();
  std::string token;
  if (auth.is_object() && given != auth.end() && !given->is_null()) {
    token = given->is_string() ? given->get<std::string>() : given->dump();
  }
  const std::string address = proxies_.client_of(socket.handshake());
  context_.homes.run(address, [this, socket, next, address, token = std::move(token)](ShardState& home) {
    if (auto passed = home.connects.take(address, TimePoint::clock::now()); !passed) {
      return next(connect_error(passed.error()));
    }
    all_connects_.run(address, [this, socket, next, address, token](auth::MemoryRateLimiter& all) {
      if (auto passed = all.take(address, TimePoint::clock::now()); !passed) {
        return next(connect_error(passed.error()));
      }
      authenticate(socket, next, token);
    });
  });
}

void Gateway::authenticate(const Socket& socket, const Next& next, const std::string& token) {
  identity_.by_token(token, [this, socket, next](const Result<Caller>& caller) {
    if (!caller) return next(connect_error(apps::shown(caller.error(), "connect", context_.log)));
    socket.post([this, socket, next, user = *caller] {
      set_caller(socket, user);
      expiry_.watch(socket, user.expires_at);
      next();
    });
  });
}

void Gateway::welcome(const Socket& socket) {
  const Caller caller = caller_of(socket);
  socket.join(user_room_name(caller.user_id));
  socket.join("notifications:" + caller.user_id);
  socket.emit("connected", Value{{"userId", caller.user_id},
                                 {"socketId", socket.id()},
                                 {"role", caller.role},
                                 {"timestamp", iso_time(wall_now_ms())}});
  count(socket, 1);
  presence_.welcome(socket);
  notifications_.welcome(socket);
  calls_.welcome(socket);
  context_.log.info("health", "connected",
                    {{"user", caller.user_id}, {"socket", socket.id()}, {"app", "health"}});
}

// On the socket's shard.
void Gateway::count(const Socket& socket, std::int64_t amount) {
  context_.homes.local().sockets_by_role[apps::role_label(caller_of(socket).role)] += amount;
}

void Gateway::gather_stats(const std::function<void(apps::AppStats)>& done) {
  const auto ask = [](ShardState& here) {
    apps::AppStats stats{.connections_by_role = here.sockets_by_role,
                         .rooms_by_type = here.rooms.count_by_type(),
                         .calls_by_state = {},
                         .users_by_presence = {},
                         .failures = {},
                         .delivery = here.delivery.read()};
    for (const auto state : {calls::State::ringing, calls::State::active}) {
      stats.calls_by_state[std::string(calls::name_of(state))] =
          static_cast<std::int64_t>(here.calls.count(state));
    }
    const auto counts = here.presence.counts();
    for (std::size_t i = 1; i < counts.size(); ++i) {
      const auto name = presence::name_of(static_cast<presence::Status>(i));
      stats.users_by_presence[std::string(name)] = static_cast<std::int64_t>(counts[i]);
    }
    return stats;
  };
  context_.homes.gather<apps::AppStats>(ask, [this, done](const std::vector<apps::AppStats>& parts) {
    apps::AppStats sum;
    for (const auto& part : parts) sum.add(part);
    events_.add_failures(sum);
    done(std::move(sum));
  });
}

void Gateway::log_leaving(const Socket& socket, std::string_view reason) {
  const Caller caller = caller_of(socket);
  context_.log.info(
      "health", "disconnected",
      {{"user", caller.user_id}, {"socket", socket.id()}, {"app", "health"}, {"reason", reason}});
}

}  // namespace belfry::health
