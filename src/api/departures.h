// How the clients of a server that stops are moved away.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "engineio/engine.h"
#include "runtime/shard.h"

namespace belfry {

/// Of one shard, on its thread. Every session is told at once when its moment comes, and ends then: at a
/// moment of its own, so that not all come back together. A while before it ends nothing more is read of it,
/// so that what it has begun is answered first. Bounded by the sessions that there are: no new ones come
/// meanwhile.
class Departures {
 public:
  explicit Departures(runtime::Shard& shard) : shard_(shard) {}

  /// Spreads the sessions over at most `spread`; `done` is called once they have gone. The engines outlive
  /// it.
  void begin(std::vector<engineio::Engine*> engines, std::chrono::milliseconds spread,
             std::function<void()> done);

 private:
  struct One {
    engineio::Engine* engine;
    std::string sid;  // it may go by itself before
    TimePoint moment = {};
  };

  void set_moments(std::chrono::milliseconds spread);
  void step();
  bool all_gone() const;

  runtime::Shard& shard_;
  std::vector<engineio::Engine*> engines_;
  std::vector<One> all_;   // in the order of their moments
  std::size_t held_ = 0;   // the first ones, of which nothing more is read
  std::size_t ended_ = 0;  // the first of those
  TimePoint patience_{};   // until when one that has ended may fetch the rest
  std::function<void()> done_;
  runtime::Timer timer_;
};

}  // namespace belfry
