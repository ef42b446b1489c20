#include "apps/common/lanes.h"

#include "runtime/shard.h"

namespace belfry::apps {

bool Lanes::put(const std::string& name, Work work) {
  Lane& lane = lanes_[name];
  if (lane.closed || lane.waiting.size() >= kMaxWaiting) return false;
  lane.waiting.push_back(std::move(work));
  if (!lane.busy) begin_next(name);
  return true;
}

void Lanes::close(const std::string& name, Work last) {
  const auto found = lanes_.find(name);
  if (found == lanes_.end()) return;
  found->second.closed = true;
  found->second.waiting.push_back(std::move(last));
  if (!found->second.busy) begin_next(name);
}

void Lanes::begin_next(const std::string& name) {
  Lane& lane = lanes_.at(name);
  lane.busy = !lane.waiting.empty();
  if (!lane.busy) {
    if (lane.closed) lanes_.erase(name);
    return;
  }
  Work work = std::move(lane.waiting.front());
  lane.waiting.pop_front();
  // Posted even from this shard, so that work that is done at once does not nest.
  work([this, name, shard = runtime::Shard::current()] { shard->post([this, name] { begin_next(name); }); });
}

}  // namespace belfry::apps
