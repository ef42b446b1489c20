// One timer for whatever is due next.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
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
    if (!deadline || (set_for_ && *set_for_ <= *deadline)) return;
    set_for_ = deadline;
    const auto wait = std::chrono::ceil<milliseconds>(*deadline - TimePoint::clock::now());
    server.after(std::max(wait, milliseconds(1)), [this, at = *deadline, ring = std::move(ring)] {
      if (set_for_ == at) set_for_.reset();
      ring();
    });
  }

 private:
  std::optional<TimePoint> set_for_;
};

}  // namespace belfry::apps
