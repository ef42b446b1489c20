// State in parts, one a shard, where each key (a room, a user) has its home on one of them.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "belfry/server.h"
#include "runtime/shard.h"

namespace belfry::apps {

/// Each part belongs to its shard's thread. Built before the server listens, and outlives its shards'
/// threads.
template <class T>
class Homes {
 public:
  Homes(Server& server, const std::function<std::unique_ptr<T>()>& make) : server_(server) {
    for (unsigned i = 0; i < server.threads(); ++i) parts_.push_back(make());
  }

  /// Runs `task` at the home of `key`: at once where that is this shard. What one shard asks for one key is
  /// done in the order of the calls.
  void run(std::string_view key, std::function<void(T&)> task) { run_at(home_of(key), std::move(task)); }
  unsigned home_of(std::string_view key) const {
    return static_cast<unsigned>(std::hash<std::string_view>{}(key) % parts_.size());
  }
  void run_at(unsigned home, std::function<void(T&)> task) {
    T& part = *parts_[home];
    const runtime::Shard* here = runtime::Shard::current();
    if (here != nullptr && here->index() == home) return task(part);
    server_.post_to(home, [&part, task = std::move(task)] { task(part); });
  }
  /// Runs `task` on every shard, this one included, later.
  void run_on_each(const std::function<void(T&)>& task) {
    for (unsigned i = 0; i < parts_.size(); ++i) {
      server_.post_to(i, [&part = *parts_[i], task] { task(part); });
    }
  }
  /// Asks every part and calls `done` with all answers, on the shard that asks.
  template <class R>
  void gather(std::function<R(T&)> ask, std::function<void(std::vector<R>)> done) {
    struct Gathering {
      std::vector<R> answers;
      std::size_t missing;
      std::function<void(std::vector<R>)> done;
    };
    const auto gathering = std::make_shared<Gathering>(std::vector<R>(), parts_.size(), std::move(done));
    runtime::Shard* const here = runtime::Shard::current();
    run_on_each([here, ask = std::move(ask), gathering](T& part) {
      here->run_or_post([gathering, answer = ask(part)]() mutable {
        gathering->answers.push_back(std::move(answer));
        if (--gathering->missing == 0) gathering->done(std::move(gathering->answers));
      });
    });
  }
  /// The part of the shard whose thread this is.
  T& local() { return *parts_[runtime::Shard::current()->index()]; }

 private:
  Server& server_;
  std::vector<std::unique_ptr<T>> parts_;  // constant after construction
};

}  // namespace belfry::apps
