// What of the app lives on one shard.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "apps/common/alarm.h"
#include "apps/common/answers.h"
#include "apps/common/homes.h"
#include "apps/common/lanes.h"
#include "apps/common/mounts.h"
#include "apps/common/parts.h"
#include "apps/common/requests.h"
#include "apps/common/room_facts.h"
#include "apps/common/session.h"
#include "apps/health/calling.h"
#include "apps/health/messages.h"
#include "apps/health/topics.h"
#include "auth/rate_limit.h"
#include "core/metrics.h"
#include "runtime/shared_facts.h"
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
  milliseconds lost_calls_end{
      30'000};  ///< from the start, for calls of nodes that have gone: a lease and the grace
  IceOptions ice = {};
  QualityBounds quality = {};
};

// Kinds of facts.
inline constexpr const char* kTypingFact = "typing";
inline constexpr const char* kPresenceFact = "presence";

/// Belongs to its shard.
struct ShardState {
  ShardState(const Options& options, const apps::Parts& parts)
      : rooms(rooms::RoomsOptions{.typing_expiry = options.typing_expiry},
              apps::share_typing(parts.facts, kTypingFact, [](const auto&) { return "1"; })),
        messages(parts.limiters("health.messages", {.max_times = options.messages_per_minute})),
        presence(options.presence),
        calls_begun(parts.limiters("health.calls", {.max_times = options.calls_per_minute})),
        calls(options.calls) {}

  rooms::Rooms rooms;                           // at home here
  std::unique_ptr<auth::RateLimiter> messages;  // of users at home here
  apps::Alarm typing_alarm;
  presence::Directory presence;  // of users at home here
  apps::Alarm presence_alarm;
  std::unique_ptr<auth::RateLimiter> calls_begun;  // by users at home here
  calls::LiveCalls calls;                          // of all users, at home on one shard
  apps::Alarm calls_alarm;
  apps::Lanes lanes;   // of this shard's sockets
  Histogram delivery;  // of messages that came last to this shard
};

/// What the app's parts work with. The app owns it; all that it refers to outlives the app.
struct Context {
  Server& server;
  store::Store& store;
  runtime::SharedFacts& facts;
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
