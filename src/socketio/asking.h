// Collects the answers to a broadcast that asks for them, on the shard that asked.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "belfry/adapter.h"
#include "runtime/shards.h"

namespace belfry::socketio {

/// One per broadcast. `count` is called once by every shard, before it sends anything; `take` for each of the
/// sockets that it counted. What comes before all shards have counted waits, so that the asking shard hears
/// of the sum first.
class Asking : public std::enable_shared_from_this<Asking> {
 public:
  /// Asked from a thread that is no shard's, both are called on shard 0.
  Asking(runtime::Shards& shards, std::function<void(std::size_t)> asked,
         std::function<void(AckOutcome)> answered)
      : home_(runtime::Shard::current() != nullptr ? *runtime::Shard::current() : shards.at(0)),
        uncounted_(shards.size()),
        asked_(std::move(asked)),
        answered_(std::move(answered)) {}

  void count(std::size_t sockets) {
    home_.run_or_post([self = shared_from_this(), sockets] {
      self->sum_ += sockets;
      if (--self->uncounted_ > 0) return;
      self->asked_(self->sum_);
      for (AckOutcome& outcome : std::exchange(self->early_, {})) self->answered_(std::move(outcome));
    });
  }

  void take(std::string id, AckResult result) {
    home_.run_or_post(
        [self = shared_from_this(), outcome = AckOutcome{std::move(id), std::move(result)}]() mutable {
          if (self->uncounted_ > 0) {
            self->early_.push_back(std::move(outcome));
          } else {
            self->answered_(std::move(outcome));
          }
        });
  }

 private:
  runtime::Shard& home_;
  unsigned uncounted_;  // shards; these three on home_ only
  std::size_t sum_ = 0;
  std::vector<AckOutcome> early_;
  const std::function<void(std::size_t)> asked_;
  const std::function<void(AckOutcome)> answered_;
};

}  // namespace belfry::socketio
