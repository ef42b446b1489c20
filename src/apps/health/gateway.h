// The app's namespaces: who is let in, and the events of everybody who is.
#pragma once

#include <functional>

#include "apps/common/door.h"
#include "apps/common/events.h"
#include "apps/common/parts.h"
#include "apps/health/call_events.h"
#include "apps/health/message_events.h"
#include "apps/health/notification_events.h"
#include "apps/health/presence_events.h"
#include "apps/health/room_events.h"
#include "apps/health/shard_state.h"

namespace belfry::health {

/// Owned by the app; handlers run on the shard of their socket.
class Gateway {
 public:
  Gateway(Context& context, const apps::Parts& parts);

  /// Once the server listens.
  void start() { calls_.start(); }
  PresenceEvents& presence() { return presence_; }
  const apps::Events& events() const { return events_; }
  /// On a shard, and answered there.
  void gather_stats(const std::function<void(apps::AppStats)>& done);

 private:
  void welcome(const Socket& socket, const Caller& caller);

  Context& context_;
  apps::Events events_;
  RoomEvents rooms_;
  MessageEvents messages_;
  PresenceEvents presence_;
  NotificationEvents notifications_;
  CallEvents calls_;
  apps::Door door_;
};

}  // namespace belfry::health
