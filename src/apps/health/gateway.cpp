#include "apps/health/gateway.h"

#include <utility>

namespace belfry::health {

Gateway::Gateway(Context& context, const apps::Parts& parts)
    : context_(context),
      events_(context.mounts, context.log),
      rooms_(context, events_),
      messages_(context, events_, parts.bus),
      presence_(context, events_),
      notifications_(context, events_, parts.bus),
      calls_(context, events_, presence_, parts.bus),
      door_(parts, context.mounts, events_,
            {.app = "health",
             .refusal = [](const Error& error) { return "Authentication error: " + error.message; },
             .connects_per_minute = context.options.connections_per_minute,
             .room_type = {}},
            {.welcome = [this](const auto& socket, const auto& caller) { welcome(socket, caller); },
             .leave =
                 [this](const Socket& socket, const Caller&, std::string_view reason) {
                   rooms_.drop(socket);
                   presence_.drop(socket);
                   calls_.drop(socket, reason);
                 },
             .role_changed =
                 [this](const Socket& socket) {
                   rooms_.leave_all(socket);
                   presence_.unwatch_all(socket);
                   notifications_.leave_topics(caller_of(socket));
                 },
             .recovered =
                 [this](const Socket& socket) {
                   rooms_.leave_all(socket);
                   presence_.unwatch_all(socket);
                 }}) {}

void Gateway::welcome(const Socket& socket, const Caller& caller) {
  socket.emit("connected", Value{{"userId", caller.user_id},
                                 {"socketId", socket.id()},
                                 {"role", caller.role},
                                 {"timestamp", iso_time(wall_now_ms())}});
  presence_.welcome(socket);
  notifications_.welcome(socket);
  calls_.welcome(socket);
}

void Gateway::gather_stats(const std::function<void(apps::AppStats)>& done) {
  const auto ask = [](ShardState& here) {
    apps::AppStats stats{.connections_by_role = {},
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
    door_.gather_stats([done, sum = std::move(sum)](const apps::AppStats& door) mutable {
      sum.add(door);
      done(std::move(sum));
    });
  });
}

}  // namespace belfry::health
