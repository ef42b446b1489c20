// The names of rooms, and who may join them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/health/topics.h"
#include "apps/health/visits.h"
#include "belfry/result.h"
#include "store/transaction.h"

namespace belfry::health {

enum class RoomType { chat, call, visit, notifications, topic };

/// A well-formed room id: `visit:<id>`, `call:<visitId>`, `chat:<a>:<b>`, `notifications:<userId>`,
/// `topic:<name>`.
struct RoomId {
  RoomType type = RoomType::visit;
  std::string text;     ///< the whole of it
  std::string subject;  ///< what follows the type

  /// Of a chat: the two users, in every way that the id can be read (ids may hold colons).
  std::vector<std::pair<std::string, std::string>> pairs() const;
};

inline constexpr std::size_t kRoomIdMaxBytes = 600;

/// Fails with `not_found` (`Room not found`): a malformed id, an unknown type, or a type that is not the
/// id's.
Result<RoomId> parse_room_id(std::string_view text, std::string_view type);

/// Whether the caller may join; else `forbidden`. `visit_id`: the visit that a chat is said to be about,
/// which must relate both sides. Inside a unit of work.
Result<void> check_room(store::Transaction& tx, const Caller& caller, const RoomId& room,
                        const std::optional<std::string>& visit_id, const TopicRules& topics);

}  // namespace belfry::health
