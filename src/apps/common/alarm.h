// One timer for whatever is due next.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "belfry/server.h"
#include "core/clock.h"

namespace belfry::apps {

/// Belongs to a shard's thread, and outlives its timers: lives as long as the server's shards.
class Alarm {
 public:
  /// Has `ring` called at `deadline`, unless a call before then is on its way: `ring` looks for what is due
  /// and sets the alarm again. Nothing where there is no deadline.
  void set(Server& server, std::optional<TimePoint> deadline, std::function<void()> ring) {
    if (!deadline || (!calls_.empty() && *calls_.begin() <= *deadline)) return;
    calls_.insert(*deadline);
    const auto wait = std::chrono::ceil<milliseconds>(*deadline - TimePoint::clock::now());
    server.after(std::max(wait, milliseconds(1)), [this, at = *deadline, ring = std::move(ring)] {
      calls_.erase(at);
      ring();
    });
  }

 private:
  std::set<TimePoint> calls_;  // on their way: each new one is before all others
};

}  // namespace belfry::apps
