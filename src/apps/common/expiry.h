// Credentials that end during a connection: told, waited for, refreshed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "apps/common/alarm.h"
#include "apps/common/events.h"
#include "apps/common/homes.h"
#include "apps/common/identity.h"

namespace belfry::apps {

struct RefreshInput {
  std::string token;
};
constexpr auto describe(Type<RefreshInput>) {
  return fields(field("token", &RefreshInput::token));
}

/// The sockets of one shard whose credentials end; belongs to its thread. Bounded by their number.
struct ExpiryShard {
  struct Watched {
    Socket socket;
    TimePoint deadline;
    bool told = false;  // what comes next is the end
  };
  std::map<std::string, Watched> sockets;  // by id
  std::set<std::pair<TimePoint, std::string>> deadlines;
  Alarm alarm;
};

/// Of one app, owned by its gateway; the app keeps `userId` in its sockets' data. A socket whose credentials
/// end gets `auth:expired` and is disconnected after the grace, unless it sends `auth:refresh {token}` for
/// the same user.
class Expiry {
 public:
  /// `refreshed` is called on the socket's shard with its new credentials.
  using Refreshed = std::function<void(const Socket&, const Caller&)>;
  Expiry(Server& server, Events& events, const Identity& identity, milliseconds grace, Refreshed refreshed);

  /// On the socket's shard, when it has come, and when it has gone.
  void watch(const Socket& socket, std::optional<WallMs> expires_at);
  void drop(const Socket& socket);

 private:
  void on_refresh(const Request& request, const RefreshInput& input);
  void forget(ExpiryShard& here, const std::string& id);
  void put(ExpiryShard& here, const Socket& socket, TimePoint deadline, bool told);
  void arm(ExpiryShard& here);
  void end(ExpiryShard& here, TimePoint now);

  Server& server_;
  const Identity& identity_;
  const milliseconds grace_;
  const Refreshed refreshed_;
  Homes<ExpiryShard> shards_;
};

}  // namespace belfry::apps
