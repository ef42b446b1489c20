// What one socket sends, by event and in all.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "core/token_bucket.h"
#include "runtime/shared_limit.h"
#include "socketio/handlers.h"

namespace belfry::socketio {

/// Made with the first message of a socket that is bounded. Bounded by the events that have a rate.
class SocketMeter {
 public:
  struct Debt {
    TokenBucket::Duration owed{0};
    std::string_view limit;  ///< `socket`, `event` or `user`: by whom the most is owed
  };

  std::shared_ptr<SharedLimit> shared;

  /// Counts one event of that size.
  Debt take(const RateLimits& own, const EventRates& rates, std::string_view event, std::size_t size,
            TimePoint now);

 private:
  Meter meter_;
  std::vector<std::pair<const Rate*, TokenBucket>> events_;
};

}  // namespace belfry::socketio
