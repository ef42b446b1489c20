// Who is there: the status of each user, over all their devices.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "belfry/result.h"
#include "core/clock.h"

namespace belfry::presence {

enum class Status : std::uint8_t { offline, online, away, busy, in_call };
inline constexpr std::size_t kStatusCount = 5;

std::string_view name_of(Status status);
/// The status that a user may choose (`online`, `away`, `busy`) of that name, or nothing.
std::optional<Status> chosen_status(std::string_view name);

/// How a user appears.
struct Presence {
  std::string user_id;
  Status status = Status::offline;
  std::optional<std::string> custom_status = {};
  std::optional<WallMs> last_seen = {};  ///< the last time that a device came, went or chose; empty: never

  bool operator==(const Presence&) const = default;
};

/// What a user has chosen to be seen as.
struct Choice {
  WallMs at = 0;  ///< when; of two the later holds
  Status status = Status::online;
  std::optional<std::string> custom_status = {};

  auto operator<=>(const Choice&) const = default;
};

struct PresenceOptions {
  milliseconds batch{200};            ///< changes of one user within it are told as one
  milliseconds offline_grace{5'000};  ///< a device that is back within it was never away
};

/// The users whose home is one shard; belongs to that shard's thread. In memory only. Bounded by the number
/// of sockets, over all nodes: a user who has gone offline and been told of is forgotten.
class Directory {
 public:
  explicit Directory(PresenceOptions options = {}) : options_(options) {}

  /// Whether it is the first device of this node.
  bool connect(const std::string& user_id, const std::string& device, TimePoint now, WallMs wall);
  /// Whether it was the last device of this node.
  bool disconnect(const std::string& user_id, const std::string& device, TimePoint now, WallMs wall);
  /// Another node has devices of the user, and knows what they chose. Whether this node has some, too, and
  /// did not know of that choice.
  bool connect_elsewhere(const std::string& user_id, const std::string& node, Choice choice, TimePoint now,
                         WallMs seen);
  /// It has none any more.
  void disconnect_elsewhere(const std::string& user_id, const std::string& node, TimePoint now, WallMs wall);
  /// Whether another node has.
  bool is_elsewhere(const std::string& user_id) const;
  /// What they chose, as far as is known here.
  Choice choice(const std::string& user_id) const;

  /// What the user chose; empty custom status: none. Nothing where the user has no device.
  std::optional<Presence> choose(const std::string& user_id, Status status,
                                 std::optional<std::string> custom_status, TimePoint now, WallMs wall);
  /// While a user is in a call that is what is seen; what they chose comes back afterwards.
  void set_in_call(const std::string& user_id, bool in_call, TimePoint now);

  /// Nothing for a user who is offline: they may have been seen before, which the store knows.
  std::optional<Presence> find(const std::string& user_id) const;
  /// How many users are seen so.
  std::array<std::size_t, kStatusCount> counts() const;

  /// What is to be told by `now`: users whose appearance differs from what was told last. To be asked at
  /// `next_deadline()`.
  std::vector<Presence> due(TimePoint now);
  std::optional<TimePoint> next_deadline() const;

 private:
  struct User {
    std::set<std::string> devices;  // of this node
    std::set<std::string> nodes;    // others that have some
    Choice chosen;
    bool in_call = false;
    WallMs last_seen = 0;
    std::optional<std::pair<Status, std::optional<std::string>>> told;  // nothing: offline
    std::optional<TimePoint> tell_at;
    std::optional<TimePoint> offline_at;  // no device is there, but one may be back
  };

  static Presence seen(const std::string& user_id, const User& user);
  void changed(const std::string& user_id, User& user, TimePoint now);
  void came(const std::string& user_id, User& user, TimePoint now, WallMs wall);
  void went(const std::string& user_id, User& user, TimePoint now, WallMs wall);
  void wait_until(const std::string& user_id, std::optional<TimePoint>& slot,
                  std::optional<TimePoint> deadline);

  const PresenceOptions options_;
  std::unordered_map<std::string, User> users_;
  std::set<std::pair<TimePoint, std::string>> deadlines_;  // each that a user waits for
};

}  // namespace belfry::presence
