// What was answered to a client's events, so that an event that is sent again is done once.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "belfry/payload.h"

namespace belfry::socketio {

/// The acknowledgements of one session, by their ids. Belongs to its socket, on that one's shard; a copy goes
/// along when the session moves. Bounded in ids and in bytes of answers: past that the oldest are forgotten.
class KeptReplies {
 public:
  KeptReplies(std::size_t max_ids, std::size_t max_bytes) : max_ids_(max_ids), max_bytes_(max_bytes) {}

  enum class Seen {
    first,    ///< it has not come before
    waiting,  ///< its handler has not answered yet
    answered  ///< `answer` holds what it was answered
  };

  /// An event with that id has come; `digest` is of its name and arguments, as another event may come with an
  /// id that a client uses again.
  Seen on_event(std::uint64_t id, std::size_t digest);
  const Payload& answer(std::uint64_t id) const { return *ids_.at(id).answer; }
  /// Keeps the answer. Returns whether it is to be sent: the client has asked over the present connection.
  bool on_answer(std::uint64_t id, const Payload& payload);
  /// The connection has ended: what has not been answered is asked again, or nobody waits for it.
  void on_connection_lost();

 private:
  struct Kept {
    std::size_t digest = 0;
    std::optional<Payload> answer = std::nullopt;
    bool asked = true;  // over the present connection
  };
  static std::size_t cost(const Kept& kept);
  void drop_oldest();

  std::size_t max_ids_;
  std::size_t max_bytes_;
  std::unordered_map<std::uint64_t, Kept> ids_;
  std::deque<std::uint64_t> order_;
  std::size_t bytes_ = 0;
};

}  // namespace belfry::socketio
