#include "redis/commands.h"

#include <utility>

namespace belfry::redis {

Request own_request(Home& home, const Command& command, OnReply done) {
  Request request = request_of(command, std::move(done));
  request.since = home.shard.now();
  home.queued_bytes.add(static_cast<std::int64_t>(request.bytes.size()));
  return request;
}

Commands::Commands(Home& home, Greeting greeting, Find find, Events events)
    : home_(home),
      events_(std::move(events)),
      waiting_(home),
      link_(home, std::move(greeting), std::move(find),
            Link::Events{.ready =
                             [this] {
                               events_.ready();
                               go_on();
                             },
                         .lost = [this] { events_.lost(); },
                         .drained = [this] { go_on(); },
                         .pushed = {}}) {}

void Commands::send(Request request) {
  if (waiting_.empty() && link_.is_ready() && !link_.is_full()) return write(std::move(request));
  waiting_.add(std::move(request));
}

void Commands::write(Request request) {
  home_.queued_bytes.add(-static_cast<std::int64_t>(request.bytes.size()));
  home_.commands.add(1);
  const TimePoint sent = home_.shard.now();
  link_.send(request.bytes, request.replies,
             [this, sent, done = std::move(request.done)](Result<std::vector<Reply>> replies) {
               if (replies) {
                 home_.latency.add(home_.shard.now() - sent);
               } else {
                 home_.failed.add(1);
               }
               if (done) done(std::move(replies));
             });
}

void Commands::go_on() {
  while (!waiting_.empty() && link_.is_ready() && !link_.is_full()) {
    write(waiting_.take());
    link_.flush();
  }
}

void Commands::stop() {
  waiting_.refuse_all();
  link_.stop();
}

}  // namespace belfry::redis
