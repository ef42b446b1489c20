// Who is typing where.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"

namespace belfry::rooms {

/// A user who has stopped typing in a room.
struct TypingStopped {
  std::string room;
  std::string user_id;

  bool operator==(const TypingStopped&) const = default;
};

/// A start that is not renewed ends by itself. A user types while any of their sockets does, on this node or
/// another. Belongs to one thread, time is a parameter and never goes back; bounded by its owner, with one
/// entry a socket or node and room.
class Typing {
 public:
  /// Told when a user begins to type on this node, whatever they do elsewhere, and when they end.
  using Here = std::function<void(const std::string& room, const std::string& user_id, bool types)>;

  explicit Typing(
      milliseconds expiry, Here here = [](const auto&, const auto&, bool) {})
      : expiry_(expiry), here_(std::move(here)) {}

  /// Starts or renews. Whether the user was not typing before, on any socket of any node.
  bool start(const std::string& room, const std::string& user_id, const std::string& socket_id,
             TimePoint now);
  /// Whether the user has thereby stopped: the last socket that typed.
  bool stop(const std::string& room, const std::string& socket_id);
  /// The user types on another node, until they no longer do: nothing expires here. Whether they have thereby
  /// started, or stopped.
  bool start_elsewhere(const std::string& room, const std::string& user_id, const std::string& node);
  bool stop_elsewhere(const std::string& room, const std::string& user_id, const std::string& node);
  /// The socket has gone: who has thereby stopped.
  std::vector<TypingStopped> drop(const std::string& socket_id);
  /// The user has gone from a room, with all their sockets of this node: whether they have thereby stopped.
  bool remove(const std::string& room, const std::string& user_id);
  /// Whether anybody is typing there.
  bool anybody(const std::string& room) const;
  /// Ends what was not renewed in time, and says who has thereby stopped.
  std::vector<TypingStopped> expire(TimePoint now);
  /// When `expire` has something to do next.
  std::optional<TimePoint> next_deadline() const;

 private:
  using Pair = std::pair<std::string, std::string>;
  struct Entry {
    std::string room;
    std::string user_id;
    std::string socket_id;
    TimePoint deadline;
  };

  struct Typist {
    int sockets = 0;
    std::set<std::string> nodes;  // others

    bool idle() const { return sockets == 0 && nodes.empty(); }
  };

  bool end(std::list<Entry>::iterator entry);

  const milliseconds expiry_;
  const Here here_;
  std::list<Entry> entries_;                              // in order of deadline: all have the same expiry
  std::map<Pair, std::list<Entry>::iterator> by_socket_;  // socket and room
  std::map<Pair, Typist> typists_;                        // room and user; none is idle
};

}  // namespace belfry::rooms
