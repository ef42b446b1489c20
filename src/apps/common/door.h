// Who is let in to an app, and as whom.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "apps/common/events.h"
#include "apps/common/expiry.h"
#include "apps/common/parts.h"
#include "apps/common/session.h"

namespace belfry::apps {

/// What stands before the colon of a room's name; nothing for those that every app has.
std::string type_of_room(std::string_view room);

/// How an app's door differs from the others'.
struct DoorRules {
  std::string app;
  enum class Token { in_auth, in_cookie };
  Token token = Token::in_auth;  ///< `auth.token` of the connection, or the cookie `token` of the handshake
  /// What becomes of a client without good credentials: `connect_error`, a disconnect by the server, or it
  /// stays, as nobody.
  enum class Strangers { refused, disconnected, stay };
  Strangers strangers = Strangers::refused;
  /// What a stranger reads in its `connect_error`; absent: the error itself.
  std::function<std::string(const Error&)> refusal = {};
  std::size_t connects_per_minute = 0;  ///< per address; 0: no limit of its own
  /// As what a room is counted; empty text: not at all. No function: the app counts its rooms itself.
  std::function<std::string(std::string_view)> room_type = type_of_room;
};

/// The door of one app, on all its namespaces: checks credentials, keeps the user in the socket's data and in
/// room `user:<id>`, ends what has expired, was revoked or is blocked, counts and logs who comes and goes.
/// Owned by the app's gateway.
class Door {
 public:
  /// Called on the socket's shard, and for sockets with a user, where it does not say otherwise.
  struct Hooks {
    std::function<void(const Socket&, const Caller&)> welcome;  ///< it may be talked to
    std::function<void(const Socket&, const Caller&, std::string_view reason)> leave;
    std::function<void(const Socket&)> role_changed = {};  ///< the data hold the new one
    /// It goes on with a session: what ended with the connection that it lost must end for it, too.
    std::function<void(const Socket&)> recovered = {};
    std::function<void(const Socket&)> turn_away = {};  ///< a stranger that is to be disconnected
    /// The user's first device in this app has come, or their last has gone: at the user's home, in order.
    std::function<void(const std::string& user_id, bool online)> online = [](const auto&, bool) {};
  };

  Door(const Parts& parts, const Mounts& mounts, Events& events, DoorRules rules, Hooks hooks);

  /// Sockets by role, rooms by type and failed events, over all shards. On a shard, and answered there.
  void gather_stats(std::function<void(AppStats)> done);

 private:
  struct Shard {
    std::map<std::string, std::int64_t> by_role;  // sockets of this shard
    std::unique_ptr<auth::RateLimiter> connects;  // of addresses at home here
    // By user and socket id: those of this shard whose role is their account's.
    std::unordered_map<std::string, std::map<std::string, Socket>> of_account = {};
  };

  void mount(const Namespace& nsp);
  void listen();
  void refresh(const Socket& socket, const Caller& caller);
  void check_again(const Socket& socket, const Caller& caller);
  void count_rooms(AppStats stats, const std::function<void(AppStats)>& done) const;
  void change_role(const Socket& socket, const std::string& role);
  void turn_out(const std::string& room, std::string_view reason) const;
  void admit(const Socket& socket, const Next& next);
  void authenticate(const Socket& socket, const Next& next);
  void enter(const Socket& socket);
  void leave(const Socket& socket, std::string_view reason);
  void keep(const Socket& socket, const Caller& caller);
  void forget(const Socket& socket, const Caller& caller);
  ConnectError refusal(const Error& error) const;
  std::string token_of(const Socket& socket) const;

  const Parts parts_;
  const Mounts& mounts_;
  const Events& events_;
  const DoorRules rules_;
  const Hooks hooks_;
  Expiry expiry_;
  Homes<Shard> shards_;
};

}  // namespace belfry::apps
