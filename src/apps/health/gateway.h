// The app's namespaces: who is let in, and the events of everybody who is.
#pragma once

#include <string>

#include "apps/common/client_address.h"
#include "apps/common/events.h"
#include "apps/common/expiry.h"
#include "apps/common/identity.h"
#include "apps/health/call_events.h"
#include "apps/health/message_events.h"
#include "apps/health/notification_events.h"
#include "apps/health/presence_events.h"
#include "apps/health/room_events.h"
#include "apps/health/shard_state.h"
#include "runtime/event_bus.h"

namespace belfry::health {

/// Owned by the app; handlers run on the shard of their socket.
class Gateway {
 public:
  Gateway(Context& context, const apps::Identity& identity, const apps::TrustedProxies& proxies,
          apps::Homes<auth::MemoryRateLimiter>& all_connects, runtime::EventBus& bus);

  PresenceEvents& presence() { return presence_; }
  const apps::Events& events() const { return events_; }
  /// On a shard, and answered there.
  void gather_stats(const std::function<void(apps::AppStats)>& done);

 private:
  void mount(const Namespace& nsp);
  void admit(const Socket& socket, const Next& next);
  void authenticate(const Socket& socket, const Next& next, const std::string& token);
  void welcome(const Socket& socket);
  void count(const Socket& socket, std::int64_t amount);
  void log_leaving(const Socket& socket, std::string_view reason);

  Context& context_;
  const apps::Identity& identity_;
  const apps::TrustedProxies& proxies_;
  apps::Homes<auth::MemoryRateLimiter>& all_connects_;  // of all apps together, by address
  apps::Events events_;
  RoomEvents rooms_;
  MessageEvents messages_;
  PresenceEvents presence_;
  NotificationEvents notifications_;
  CallEvents calls_;
  apps::Expiry expiry_;
};

}  // namespace belfry::health
