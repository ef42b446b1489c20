// Who is in which room, with how many devices and on which nodes, and who of them is typing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "belfry/result.h"
#include "belfry/value.h"
#include "core/clock.h"
#include "services/rooms/typing.h"

namespace belfry::rooms {

struct RoomsOptions {
  std::size_t participants_max = 10'000;   ///< a room
  std::size_t rooms_max = 200;             ///< a socket
  std::size_t metadata_max_bytes = 4'096;  ///< as JSON text
  milliseconds typing_expiry{5'000};
};

/// A user in a room, whatever the number of their devices.
struct Participant {
  std::string user_id;
  std::string role;
  Value metadata;        ///< of the last join; null where none was given
  WallMs joined_at = 0;  ///< of the first device

  bool operator==(const Participant&) const = default;
};

/// Who comes in.
struct Joining {
  std::string user_id;
  std::string role;
  std::string socket_id;
  Value metadata = {};
};

struct Joined {
  bool first_device = false;  ///< over all nodes: the others are to be told
  std::vector<Participant> participants;
};

struct Left {
  std::string room;
  std::string user_id;
  bool last_device = false;     ///< over all nodes: the others are to be told
  bool last_here = false;       ///< of this node
  bool stopped_typing = false;  ///< the others are to be told
};

/// The rooms whose home is one shard; belongs to that shard's thread. In memory only. Who may enter is the
/// app's to check. Bounded by its options and the number of sockets, of all nodes.
class Rooms {
 public:
  explicit Rooms(
      RoomsOptions options = {}, Typing::Here typing_here = [](const auto&, const auto&, bool) {})
      : options_(options), typing_(options.typing_expiry, std::move(typing_here)) {}

  /// Joining again changes the role and the metadata, and nothing else. Fails with `too_large` (room or
  /// socket full) or `invalid` (metadata).
  Result<Joined> join(const std::string& room, Joining who, WallMs now);
  /// Nothing where the socket is not in the room.
  std::optional<Left> leave(const std::string& room, const std::string& socket_id);
  /// Takes a socket out of all its rooms.
  std::vector<Left> drop(const std::string& socket_id);

  /// Another node has devices of the user in the room, or tells that their role or metadata have changed.
  /// Whether the others are to be told that the user has come.
  bool join_elsewhere(const std::string& room, const std::string& node, Participant who);
  /// It has none any more.
  std::optional<Left> leave_elsewhere(const std::string& room, const std::string& node,
                                      const std::string& user_id);

  bool has(const std::string& room, const std::string& socket_id) const;
  std::optional<Participant> find(const std::string& room, const std::string& user_id) const;
  /// In order of joining.
  std::vector<Participant> participants(const std::string& room) const;
  /// How many rooms have somebody in them.
  std::size_t size() const { return rooms_.size(); }
  /// The same by what stands before the first colon of their names.
  std::map<std::string, std::int64_t> count_by_type() const;

  /// Whether the others are to be told that the user types, or has stopped. Fails with `forbidden` where the
  /// socket is not in the room.
  Result<bool> start_typing(const std::string& room, const std::string& socket_id, TimePoint now);
  Result<bool> stop_typing(const std::string& room, const std::string& socket_id);
  /// Whether the others are to be told, where the user types on another node or no longer does.
  bool type_elsewhere(const std::string& room, const std::string& node, const std::string& user_id,
                      bool types) {
    return types ? typing_.start_elsewhere(room, user_id, node) : typing_.stop_elsewhere(room, user_id, node);
  }
  /// Who stopped typing because no renewal came by `now`; to be asked at `next_deadline()`.
  std::vector<TypingStopped> expired(TimePoint now) { return typing_.expire(now); }
  std::optional<TimePoint> next_deadline() const { return typing_.next_deadline(); }

 private:
  struct Present {
    Participant participant;
    std::uint64_t order = 0;      // of joining, among all
    std::size_t devices = 0;      // of this node
    std::set<std::string> nodes;  // others that have some

    bool gone() const { return devices == 0 && nodes.empty(); }
  };
  struct Room {
    std::unordered_map<std::string, Present> users;
    std::unordered_map<std::string, std::string> user_of_socket;
  };

  Present& present_of(Room& room, const std::string& user_id, WallMs joined_at);
  // Whether the user has gone, with all their devices.
  bool forget_if_gone(const std::string& room, const std::string& user_id);
  Result<void> check_bounds(const std::string& room, const Joining& who) const;
  const std::string* user_of(const std::string& room, const std::string& socket_id) const;

  const RoomsOptions options_;
  std::unordered_map<std::string, Room> rooms_;  // none is empty
  std::unordered_map<std::string, std::unordered_set<std::string>> rooms_of_socket_;
  std::uint64_t joins_ = 0;
  Typing typing_;
};

}  // namespace belfry::rooms
