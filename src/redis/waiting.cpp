#include "redis/waiting.h"

#include <utility>

namespace belfry::redis {

void Waiting::add(Request request) {
  requests_.push_back(std::move(request));
  watch();
}

Request Waiting::take() {
  Request oldest = std::move(requests_.front());
  requests_.pop_front();
  return oldest;
}

void Waiting::refuse_all() {
  for (const Request& request : take_all()) refuse(request);
}

// One timer for all: looked at when the oldest of then is late.
void Waiting::watch() {
  if (watches_ || requests_.empty()) return;
  watches_ = true;
  const TimePoint late = later(requests_.front().since, home_.options.max_queued_time);
  timer_ = home_.shard.at(late, [this] { drop_late(); });
}

void Waiting::drop_late() {
  watches_ = false;
  const TimePoint now = home_.shard.now();
  while (!requests_.empty() && later(requests_.front().since, home_.options.max_queued_time) <= now) {
    refuse(take());
  }
  watch();
}

void Waiting::refuse(const Request& request) {
  home_.queued_bytes.add(-static_cast<std::int64_t>(request.bytes.size()));
  home_.failed.add(1);
  if (request.done) request.done(fail(ErrorKind::unavailable, "Redis is away"));
}

}  // namespace belfry::redis
