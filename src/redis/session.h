// What is said on one connection to Redis, without I/O: bytes in and out, time is a parameter.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "belfry/result.h"
#include "core/clock.h"
#include "redis/reply.h"
#include "redis/reply_reader.h"

namespace belfry::redis {

/// Who we are, said before anything else.
struct Greeting {
  std::string user{};      ///< empty: the default one
  std::string password{};  ///< empty: none is asked for
  int database = 0;
  std::string client_name{};   ///< empty: the connection has none
  bool only_a_master = false;  ///< whether a replica is refused
};

/// One connection: a greeting, then commands in a pipeline whose answers come in their order, and what is
/// published between them. Belongs to a Link, on the client's thread. Calls back from within `receive` and
/// `end`; must not be destroyed there.
class Session {
 public:
  /// A reply each, of kind `error` too; or what has ended the connection.
  using OnReplies = std::function<void(Result<std::vector<Reply>>)>;
  struct Events {
    std::function<void()> ready;        ///< the greeting was accepted
    std::function<void(Reply)> pushed;  ///< an array that answers nothing
  };
  /// How the answer to (un)subscribing begins; what does not begin so was pushed.
  using Confirmation = std::pair<std::string_view, std::string>;

  Session(std::size_t max_reply_bytes, milliseconds command_timeout, Events events);

  void greet(const Greeting& greeting, TimePoint now);
  bool is_ready() const { return is_ready_; }

  /// Writes `bytes`, which are as many commands as replies are awaited. Once ready.
  void send(std::string_view bytes, std::size_t replies, OnReplies done, TimePoint now);
  /// The same for a command that subscribes, or ends that.
  void subscribe(std::string_view bytes, Confirmation confirmation, OnReplies done, TimePoint now);

  /// Reads what has come. A failure ends the connection: what is no RESP, what nobody has asked for, or a
  /// greeting that was refused.
  Result<> receive(std::string_view bytes);
  /// When the oldest answer is late; none where none is awaited.
  std::optional<TimePoint> deadline() const;
  /// Tells all who wait for answers. No function but the destructor is called after this.
  void end(const Error& why);

  std::string take_output() { return std::exchange(out_, {}); }

 private:
  struct Awaited {
    std::size_t count;
    std::optional<Confirmation> confirmation;
    OnReplies done;
    TimePoint sent;
    std::vector<Reply> replies{};
  };

  void await(std::string_view bytes, Awaited awaited);
  bool is_pushed(const Reply& reply) const;
  Result<> take(Reply reply);
  void say(std::initializer_list<std::string_view> words, bool (*is_good)(const Reply&), TimePoint now);
  void refuse(const std::string& what, const Reply& reply);

  const milliseconds command_timeout_;
  const Events events_;
  ReplyReader reader_;
  std::deque<Awaited> awaited_;
  std::optional<Error> refused_;  // what was wrong with the greeting
  std::size_t greetings_ = 0;     // that have not been answered
  bool is_ready_ = false;
  std::string out_;
};

}  // namespace belfry::redis
