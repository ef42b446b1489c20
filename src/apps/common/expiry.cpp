#include "apps/common/expiry.h"

#include "apps/common/session.h"

namespace belfry::apps {

Expiry::Expiry(Server& server, Events& events, const Identity& identity, milliseconds grace,
               Refreshed refreshed)
    : server_(server),
      identity_(identity),
      grace_(grace),
      refreshed_(std::move(refreshed)),
      shards_(server, [] { return std::make_unique<ExpiryShard>(); }) {
  events.on<RefreshInput>("auth:refresh", [this](const auto& r, const auto& input) { on_refresh(r, input); });
}

void Expiry::watch(const Socket& socket, std::optional<WallMs> expires_at) {
  ExpiryShard& here = shards_.local();
  forget(here, socket.id());
  if (!expires_at) return;
  const milliseconds left(*expires_at - wall_now_ms());
  put(here, socket, later(TimePoint::clock::now(), left), false);
}

void Expiry::drop(const Socket& socket) {
  forget(shards_.local(), socket.id());
}

void Expiry::forget(ExpiryShard& here, const std::string& id) {
  const auto found = here.sockets.find(id);
  if (found == here.sockets.end()) return;
  here.deadlines.erase({found->second.deadline, id});
  here.sockets.erase(found);
}

void Expiry::put(ExpiryShard& here, const Socket& socket, TimePoint deadline, bool told) {
  here.deadlines.emplace(deadline, socket.id());
  here.sockets.insert_or_assign(socket.id(), ExpiryShard::Watched{socket, deadline, told});
  arm(here);
}

void Expiry::arm(ExpiryShard& here) {
  if (here.deadlines.empty()) return;
  here.alarm.set(server_, here.deadlines.begin()->first, [this, &here] {
    end(here, TimePoint::clock::now());
    arm(here);
  });
}

void Expiry::end(ExpiryShard& here, TimePoint now) {
  while (!here.deadlines.empty() && here.deadlines.begin()->first <= now) {
    const auto watched = here.sockets.at(here.deadlines.begin()->second);
    forget(here, watched.socket.id());
    if (watched.told) {
      watched.socket.disconnect();
    } else {
      watched.socket.emit("auth:expired", Value{{"graceMs", grace_.count()}});
      put(here, watched.socket, later(now, grace_), true);
    }
  }
}

void Expiry::on_refresh(const Request& request, const RefreshInput& input) {
  identity_.by_token(input.token, [this, request](const Result<Caller>& caller) {
    const Socket& socket = request.socket;
    if (!caller) return request.refuse(caller.error());
    if (!socket.connected()) return;
    if (caller->user_id != caller_of(socket).user_id) {
      return request.refuse({ErrorKind::forbidden, "Token belongs to another user"});
    }
    refreshed_(socket, *caller);
    watch(socket, caller->expires_at);
    request.succeed(
        {{"expiresAt", caller->expires_at ? Value(iso_time(*caller->expires_at)) : Value(nullptr)}});
  });
}

}  // namespace belfry::apps
