// All shards of a server.
#pragma once

#include <memory>
#include <vector>

#include "runtime/shard.h"

namespace belfry::runtime {

/// Owns the shards. `post_to` is the only way from one to another; what is posted is a value or immutable.
class Shards {
 public:
  /// At most kMaxShards; 0 means one a core.
  static constexpr unsigned kMaxShards = 256;
  explicit Shards(unsigned count, const Shard::OnDefect& on_defect = {});
  ~Shards();

  unsigned size() const { return static_cast<unsigned>(shards_.size()); }
  Shard& at(unsigned index) { return *shards_[index]; }

  void post_to(unsigned index, Task task) { shards_[index]->post(std::move(task)); }
  /// Runs `visit(shard)` once on every shard; at once on the current one.
  template <class Visit>
  void on_each(const Visit& visit) {
    for (auto& shard : shards_) shard->run_or_post([visit, s = shard.get()]() mutable { visit(*s); });
  }

  void start();
  /// Any thread but a shard's: ends every loop, waits for the threads, and destroys what has not run.
  void stop();

 private:
  std::vector<std::unique_ptr<Shard>> shards_;  // constant after construction
};

}  // namespace belfry::runtime
