// How often something may be done in a window of time, counted in Redis for all nodes.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "belfry/result.h"
#include "redis/client.h"

namespace belfry::redis {

/// A sliding window by Redis's own clock: the times of the last passes of a key are a list, at most as long
/// as may pass in a window, which is gone a window after the last. One command a try. Any thread; outlived by
/// the client.
class WindowLimit {
 public:
  explicit WindowLimit(Client& client);

  struct Verdict {
    bool passed = false;
    std::chrono::milliseconds retry_after{0};  ///< where it has not
  };
  /// Counts one more, unless that would be more than `max_times` in the window. `done` runs on the client's
  /// thread, in the order of one thread's calls; it fails as commands do.
  void take(const std::string& key, std::size_t max_times, std::chrono::milliseconds window,
            std::function<void(Result<Verdict>)> done) const;

 private:
  Client& client_;
  const std::string digest_;  // of the script, as EVALSHA takes it
};

}  // namespace belfry::redis
