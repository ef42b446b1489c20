#include "runtime/shards.h"

#include <algorithm>
#include <thread>

namespace belfry::runtime {

Shards::Shards(unsigned count, const Shard::OnDefect& on_defect) {
  if (count == 0) count = std::max(1u, std::thread::hardware_concurrency());
  count = std::min(count, kMaxShards);
  for (unsigned i = 0; i < count; ++i) shards_.push_back(std::make_unique<Shard>(i, this, on_defect));
}

Shards::~Shards() {
  stop();
}

void Shards::start() {
  for (auto& shard : shards_) shard->start();
}

void Shards::stop() {
  for (auto& shard : shards_) shard->stop();
  for (auto& shard : shards_) shard->join();
  // While every shard is still there: what dies here may post to any of them.
  for (bool any = true; any;) {
    any = false;
    for (auto& shard : shards_) any |= shard->discard();
  }
}

}  // namespace belfry::runtime
