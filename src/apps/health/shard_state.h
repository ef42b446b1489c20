// What of the app lives on one shard.
#pragma once

#include <map>
#include <string>

#include "apps/common/alarm.h"
#include "apps/common/answers.h"
#include "apps/common/homes.h"
#include "apps/common/lanes.h"
#include "apps/common/mounts.h"
#include "apps/common/requests.h"
#include "apps/common/session.h"
#include "apps/health/calling.h"
#include "apps/health/messages.h"
#include "apps/health/topics.h"
#include "auth/rate_limit.h"
#include "core/metrics.h"
#include "services/calls/live.h"
#include "services/presence/presence.h"
#include "services/rooms/rooms.h"
#include "store/store.h"

namespace belfry::health {

using apps::caller_of;

/// The bounds of the app.
struct Options {
  std::size_t connections_per_minute = 30;  ///< per address
  std::size_t messages_per_minute = 60;     ///< per user
  MessageBounds message = {};
  milliseconds typing_expiry{5'000};
  presence::PresenceOptions presence = {};
  TopicRules topics = {};
  std::size_t calls_per_minute = 10;  ///< begun, per user
  calls::LiveOptions calls = {};
  IceOptions ice = {};
  QualityBounds quality = {};
};

/// Belongs to its shard.
struct ShardState {
  explicit ShardState(const Options& options)
      : rooms(rooms::RoomsOptions{.typing_expiry = options.typing_expiry}),
        messages({.max_times = options.messages_per_minute}),
        presence(options.presence),
        calls_begun({.max_times = options.calls_per_minute}),
        calls(options.calls) {}

  rooms::Rooms rooms;                // at home here
  auth::MemoryRateLimiter messages;  // of users at home here
  apps::Alarm typing_alarm;
  presence::Directory presence;  // of users at home here
  apps::Alarm presence_alarm;
  auth::MemoryRateLimiter calls_begun;  // by users at home here
  calls::LiveCalls calls;               // of all users, at home on one shard
  apps::Alarm calls_alarm;
  apps::Lanes lanes;   // of this shard's sockets
  Histogram delivery;  // of messages that came last to this shard
};

/// What the app's parts work with. The app owns it; all that it refers to outlives the app.
struct Context {
  Server& server;
  store::Store& store;
  Log& log;
  const Options options;
  const apps::Mounts mounts;
  apps::Homes<ShardState> homes;
};

/// Does `work` when what the same socket asked before is done. On the socket's shard.
inline void in_lane(Context& context, const apps::Request& request, apps::Lanes::Work work) {
  apps::in_lane(context.homes.local().lanes, request, std::move(work));
}

}  // namespace belfry::health
