// One Redis server that is used: its two connections, and whether they work.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "redis/commands.h"
#include "redis/home.h"
#include "redis/subscriber.h"

namespace belfry::redis {

/// A connection for commands and one for subscriptions, probed together: a word that is published by the one
/// must come back on the other within the command time-out, else both are made anew. Belongs to a Deployment,
/// on the client's thread. Must not be destroyed from within one of its calls.
class Node {
 public:
  struct Events {
    std::function<void(const Subscription&)> confirmed;
    std::function<void(const Subscription&, const Error&)> refused;  ///< asked for again at the next probe
    std::function<void(Published)> published;
    std::function<void()> changed;  ///< `is_up` has
  };

  /// `find` is asked for each connection that is made.
  Node(Home& home, const Greeting& greeting, const Find& find, Events events);

  void start();
  void stop();
  /// Makes both connections anew.
  void renew(const Error& why);
  void flush();

  void send(Request request) { commands_.send(std::move(request)); }
  std::deque<Request> take_waiting() { return commands_.take_waiting(); }
  void subscribe(const Subscription& what) { subscriber_.subscribe(what); }
  void unsubscribe(const Subscription& what) { subscriber_.unsubscribe(what); }

  /// Whether both connections are there and the last probe came back.
  bool is_up() const { return is_up_; }

 private:
  void on_changed();
  void probe();
  void on_published(Published published);
  void on_silent();
  void set_up(bool up);

  Home& home_;
  const Events events_;
  const Subscription probed_;  // a channel that nobody else knows
  std::string word_;           // that was sent and has not come back; empty: none was
  std::string refusal_;        // what was answered to it, if that was an error
  bool is_up_ = false;
  runtime::Timer timer_;  // of the word, or to the next one
  Commands commands_;
  Subscriber subscriber_;
};

}  // namespace belfry::redis
