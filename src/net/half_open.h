// Connections that have sent no request yet, or a part of one.
#pragma once

#include <cstddef>

#include "core/intrusive_list.h"
#include "core/metrics.h"

namespace belfry::net {

class HttpPump;
struct HalfOpenTag;

/// Those of one shard, the one that has waited for longest first, which is ended where there are too many.
class HalfOpen {
 public:
  /// At least one.
  void set_max(std::size_t max) { max_ = max; }
  /// It waits from now on. May end others.
  void enter(HttpPump& pump);
  void leave(HttpPump& pump);

  /// How many were ended. Any thread may read it.
  const Tally& ended() const { return ended_; }

 private:
  std::size_t max_ = 8'192;
  std::size_t count_ = 0;
  IntrusiveList<HttpPump, HalfOpenTag> waiting_;
  Tally ended_;
};

}  // namespace belfry::net
