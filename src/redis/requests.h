// Questions that other servers have been asked, and what they have answered.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "belfry/adapter.h"
#include "runtime/shards.h"

namespace belfry::redis {

/// What an answer brings: the sockets of a server; what it says to an event of servers; how many of its
/// sockets are asked for an acknowledgement; one of these.
struct ClientCount {
  std::size_t clients = 0;
};
struct ServerAnswer {
  Value value;
};
using AnswerContent = std::variant<std::vector<RemoteSocket>, ServerAnswer, ClientCount, AckOutcome>;

struct Answer {
  std::string from;  ///< the server's id; empty where the wire does not tell
  AnswerContent content;
};

/// Lives on shard 0 of the server; `answer` may be called anywhere.
class Requests {
 public:
  struct Question {
    std::chrono::milliseconds timeout{0};
    std::function<bool(AnswerContent&)> take;   ///< whether all is there now
    std::function<void(bool complete)> finish;  ///< once: all is there, or time is up
  };

  explicit Requests(runtime::Shards& shards) : shards_(shards) {}

  /// Opens a question. Its id is what the other servers answer to.
  void open(std::string id, Question question);
  /// An answer from another server: to a question that is open, or to nothing. One that a server gives twice
  /// counts once.
  void answer(std::string id, Answer answer);
  std::size_t size() const { return open_.size(); }

  /// An id that no other server has in use.
  static std::string new_id();

 private:
  struct Open {
    Question question;
    std::unordered_set<std::string> heard;  // servers
    runtime::Timer timer = {};
  };

  runtime::Shard& home() { return shards_.at(0); }
  void take(const std::string& id, Answer& answer);
  void finish(const std::string& id, bool complete);

  runtime::Shards& shards_;
  std::unordered_map<std::string, Open> open_;
};

}  // namespace belfry::redis
