// A connection to Redis that is made anew when it is lost.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "redis/home.h"
#include "redis/session.h"

namespace belfry::redis {

/// Calls back, perhaps at once, with where to connect to.
using Find = std::function<void(std::function<void(Result<RedisAddress>)>)>;

/// Finds a server, connects and greets, and after a loss or failure waits a while and begins again: the first
/// time at once, then with pauses that double up to a bound, less a part by chance. Belongs to a Node, on the
/// client's thread. Must not be destroyed from within one of its calls.
class Link {
 public:
  struct Events {
    std::function<void()> ready;
    std::function<void()> lost;         ///< what was ready is no more; the answers awaited have failed
    std::function<void()> drained;      ///< all that was written has left
    std::function<void(Reply)> pushed;  ///< null: the connection never subscribes
  };

  Link(Home& home, Greeting greeting, Find find, Events events);
  ~Link();

  void start();
  /// Ends this connection, on the next turn, and makes another. For what `why` says.
  void renew(Error why);
  /// For good; what was sent fails.
  void stop();

  bool is_ready() const { return session_ != nullptr && session_->is_ready(); }
  /// Whether there is room for more.
  bool is_full() const { return channel_ != nullptr && channel_->unsent() > kMaxUnsentBytes; }
  /// Only once ready; see Session.
  void send(std::string_view bytes, std::size_t replies, Session::OnReplies done);
  void subscribe(std::string_view bytes, Session::Confirmation confirmation, Session::OnReplies done);
  /// At the end of a turn.
  void flush();

 private:
  static constexpr std::size_t kMaxUnsentBytes = 1u << 20;

  void find();
  void connect(const RedisAddress& address);
  void on_received(std::string_view bytes);
  void on_ready();
  void lose(const Error& why);
  void close(const Error& why);
  void write_output();
  void watch_answers();
  void on_late();
  milliseconds next_pause();

  Home& home_;
  const Greeting greeting_;
  const Find find_;
  const Events events_;
  std::shared_ptr<int> search_;  // of one use of `find_`: its answer is for nobody when this is gone
  std::string where_;            // as logs show it
  std::unique_ptr<Channel> channel_;
  std::unique_ptr<Session> session_;
  int attempts_ = 0;  // in a row that came to nothing, or to little
  TimePoint ready_since_;
  bool was_ready_ = false;
  runtime::Timer timer_;       // of the attempt, or of the pause
  runtime::Timer late_timer_;  // of the answers
  bool watches_ = false;       // whether late_timer_ is set
  runtime::Timer renew_timer_;
};

}  // namespace belfry::redis
