// Collects what every shard has to say, on the shard that asked.
#pragma once

#include <functional>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/shards.h"

namespace belfry::socketio {

/// One per question. `report` may be called on any shard, once each; the last report calls `done` on the
/// asking shard.
template <class T>
class Gather : public std::enable_shared_from_this<Gather<T>> {
 public:
  /// Asked from a thread that is no shard's, `done` is called on shard 0.
  Gather(runtime::Shards& shards, std::function<void(std::vector<T>)> done)
      : home_(runtime::Shard::current() != nullptr ? *runtime::Shard::current() : shards.at(0)),
        outstanding_(shards.size()),
        done_(std::move(done)) {}

  void report(std::vector<T> part) {
    home_.run_or_post([self = this->shared_from_this(), part = std::move(part)]() mutable {
      self->all_.insert(self->all_.end(), std::make_move_iterator(part.begin()),
                        std::make_move_iterator(part.end()));
      if (--self->outstanding_ == 0) self->done_(std::move(self->all_));
    });
  }

 private:
  runtime::Shard& home_;
  unsigned outstanding_;  // these two on home_ only
  std::vector<T> all_;
  const std::function<void(std::vector<T>)> done_;
};

}  // namespace belfry::socketio
