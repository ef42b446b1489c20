// The connection for subscriptions, and what it is to be subscribed to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "redis/client.h"
#include "redis/link.h"

namespace belfry::redis {

/// A channel or pattern that is listened to.
using Subscription = std::pair<Listen, std::string>;

/// Keeps the subscriptions that it is told, anew after each loss. Belongs to a Node, on the client's thread.
class Subscriber {
 public:
  struct Events {
    std::function<void(const Subscription&)> confirmed;
    /// Redis has refused it, or ended it by itself as a cluster's slots move. It stays wanted.
    std::function<void(const Subscription&, const Error&)> refused;
    std::function<void(Published)> published;
    std::function<void()> changed;  ///< `is_ready` or `is_settled` may have
  };

  Subscriber(Home& home, Greeting greeting, Find find, Events events);

  void start() { link_.start(); }
  void renew(Error why) { link_.renew(std::move(why)); }
  void flush() { link_.flush(); }
  void stop() { link_.stop(); }

  void subscribe(const Subscription& what);
  void unsubscribe(const Subscription& what);

  /// Asks once more for what was refused.
  void ask_again();

  bool is_ready() const { return link_.is_ready(); }
  /// Whether there is a connection, and everything on it is confirmed.
  bool is_settled() const { return is_ready() && confirmed_ == wanted_.size(); }

 private:
  enum class State : std::uint8_t { none, asked, confirmed };
  struct Want {
    State state = State::none;  // on this connection
    std::uint64_t asked = 0;    // the last time: earlier answers do not count
  };
  using Place = std::map<Subscription, Want>::iterator;

  void ask(Place place);
  void ask_all();
  void on_lost();
  void on_answer(const Subscription& what, std::uint64_t asked, const Reply& answer);
  void on_pushed(Reply push);
  void change(Place place, State state);

  const Events events_;
  std::map<Subscription, Want> wanted_;
  std::size_t confirmed_ = 0;  // of wanted_
  std::uint64_t asked_ = 0;
  Link link_;
};

}  // namespace belfry::redis
