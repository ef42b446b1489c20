// What the app keeps: tasks, karma, rewards, claims and chats of families.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/records.h"

namespace belfry::household {

using store::Time;

/// Something to be done.
struct Task {
  std::string id;
  std::string family_id;
  std::string name;
  std::optional<std::string> description;
  std::string assignment_type;            ///< unassigned, member or role
  std::optional<std::string> member_id;   ///< of a member's
  std::optional<std::string> role;        ///< of a role's
  std::int64_t karma = 0;                 ///< for whoever completes it
  std::optional<std::string> claim_id;    ///< of an approval task: completing it completes the claim
  std::optional<std::string> created_by;  ///< absent: another server
  Time created_at;
  std::optional<std::string> completed_by;
  std::optional<Time> completed_at;
};
constexpr auto describe(Type<Task>) {
  return fields(field("id", &Task::id), field("familyId", &Task::family_id), field("name", &Task::name),
                field("description", &Task::description), field("assignmentType", &Task::assignment_type),
                field("memberId", &Task::member_id), field("role", &Task::role), field("karma", &Task::karma),
                field("claimId", &Task::claim_id), field("createdBy", &Task::created_by),
                field("createdAt", &Task::created_at), field("completedBy", &Task::completed_by),
                field("completedAt", &Task::completed_at));
}

/// Karma that a user got, or lost: below zero.
struct Karma {
  std::string id;
  std::string family_id;
  std::string user_id;
  std::int64_t amount = 0;
  std::string reason;
  std::optional<std::string> created_by;  ///< absent: another server
  Time created_at;
};
constexpr auto describe(Type<Karma>) {
  return fields(field("id", &Karma::id), field("familyId", &Karma::family_id),
                field("userId", &Karma::user_id), field("amount", &Karma::amount),
                field("reason", &Karma::reason), field("createdBy", &Karma::created_by),
                field("createdAt", &Karma::created_at));
}

struct Balance {
  std::int64_t balance = 0;
  std::int64_t reserved = 0;  ///< of it, for claims that are pending
};
constexpr auto describe(Type<Balance>) {
  return fields(field("balance", &Balance::balance), field("reserved", &Balance::reserved));
}

struct Reward {
  std::string id;
  std::string family_id;
  std::string name;
  std::int64_t cost = 0;
  std::optional<std::string> created_by;  ///< absent: another server
  Time created_at;
};
constexpr auto describe(Type<Reward>) {
  return fields(field("id", &Reward::id), field("familyId", &Reward::family_id), field("name", &Reward::name),
                field("cost", &Reward::cost), field("createdBy", &Reward::created_by),
                field("createdAt", &Reward::created_at));
}

/// That somebody wants a reward for their karma.
struct Claim {
  std::string id;
  std::string family_id;
  std::string reward_id;
  std::string user_id;
  std::int64_t cost = 0;
  std::string status;   ///< pending, completed or cancelled
  std::string task_id;  ///< of the parents, to approve it
  Time created_at;
  std::optional<std::string> closed_by;  ///< who completed or cancelled it
  std::optional<Time> closed_at;
};
constexpr auto describe(Type<Claim>) {
  return fields(field("id", &Claim::id), field("familyId", &Claim::family_id),
                field("rewardId", &Claim::reward_id), field("userId", &Claim::user_id),
                field("cost", &Claim::cost), field("status", &Claim::status),
                field("taskId", &Claim::task_id), field("createdAt", &Claim::created_at),
                field("closedBy", &Claim::closed_by), field("closedAt", &Claim::closed_at));
}

/// A chat, but for its members.
struct ChatRow {
  std::string id;
  std::optional<std::string> family_id;
  std::optional<std::string> name;
  std::optional<std::string> created_by;  ///< absent: another server
  Time created_at;
};
constexpr auto describe(Type<ChatRow>) {
  return fields(field("id", &ChatRow::id), field("familyId", &ChatRow::family_id),
                field("name", &ChatRow::name), field("createdBy", &ChatRow::created_by),
                field("createdAt", &ChatRow::created_at));
}
struct Chat : ChatRow {
  std::vector<std::string> member_ids;
};

/// Entities carry their id as `_id`, too.
inline Value with_both_ids(Value json) {
  json["_id"] = json.at("id");
  return json;
}
Value to_json(const Task& task);
Value to_json(const Chat& chat);
inline Value to_json(const Karma& karma) {
  return with_both_ids(store::to_json(karma));
}
inline Value to_json(const Reward& reward) {
  return with_both_ids(store::to_json(reward));
}
inline Value to_json(const Claim& claim) {
  return with_both_ids(store::to_json(claim));
}

}  // namespace belfry::household
