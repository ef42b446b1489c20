// Commands that cannot be sent yet.
#pragma once

#include <deque>

#include "redis/home.h"
#include "redis/request.h"

namespace belfry::redis {

/// Commands in the order in which they came; those that wait for longer than `max_queued_time` fail. Their
/// bytes together are bounded where they come in (Home::queued_bytes). One thread.
class Waiting {
 public:
  explicit Waiting(Home& home) : home_(home) {}

  bool empty() const { return requests_.empty(); }
  void add(Request request);
  /// The oldest.
  Request take();
  std::deque<Request> take_all() { return std::exchange(requests_, {}); }
  void refuse_all();

 private:
  void watch();
  void drop_late();
  void refuse(const Request& request);

  Home& home_;
  std::deque<Request> requests_;
  runtime::Timer timer_;  // of the oldest
  bool watches_ = false;  // whether it is set
};

}  // namespace belfry::redis
