// The connection for commands, and those that wait for it.
#pragma once

#include <deque>
#include <functional>

#include "redis/link.h"
#include "redis/request.h"
#include "redis/waiting.h"

namespace belfry::redis {

/// A command that the client itself has, as if somebody had asked for it.
Request own_request(Home& home, const Command& command, OnReply done);

/// Sends commands in the order in which they come; while there is no connection, or no room in it, they wait.
/// Belongs to a Node, on the client's thread.
class Commands {
 public:
  struct Events {
    std::function<void()> ready;
    std::function<void()> lost;
  };

  Commands(Home& home, Greeting greeting, Find find, Events events);

  void start() { link_.start(); }
  void renew(Error why) { link_.renew(std::move(why)); }
  void flush() { link_.flush(); }
  bool is_ready() const { return link_.is_ready(); }

  void send(Request request);
  /// Those that wait, which are the caller's now.
  std::deque<Request> take_waiting() { return waiting_.take_all(); }
  /// Fails what waits and what was sent.
  void stop();

 private:
  void write(Request request);
  void go_on();

  Home& home_;
  const Events events_;
  Waiting waiting_;
  Link link_;  // last: as it ends it fails what was sent
};

}  // namespace belfry::redis
