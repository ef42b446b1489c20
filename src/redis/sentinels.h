// Who the master is, by those who watch over it.
#pragma once

#include <cstddef>
#include <functional>

#include "redis/commands.h"
#include "redis/home.h"
#include "redis/subscriber.h"

namespace belfry::redis {

/// A connection to ask on and one that is told of fail-overs, each to one of the Sentinels; where that one is
/// lost or knows nothing, to the next. Belongs to a Deployment, on the client's thread.
class Sentinels {
 public:
  /// `switched`: there is another master.
  Sentinels(Home& home, std::function<void()> switched);

  void start();
  void stop();
  void flush();

  /// Asks one, and tells what it answers. Asked often, it goes on to another: what one of them says may be
  /// old.
  void find(std::function<void(Result<RedisAddress>)> done);

 private:
  Find in_turn();
  void judge(const Result<Reply>& reply, const std::function<void(Result<RedisAddress>)>& done);
  void on_published(const Published& published);

  Home& home_;
  const std::function<void()> switched_;
  int answers_ = 0;
  Commands asked_;
  Subscriber watched_;
};

}  // namespace belfry::redis
