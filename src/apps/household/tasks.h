// What is to be done in a family, by whom, and for how much karma.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/common/api.h"
#include "apps/household/family.h"

namespace belfry::household {

struct Assignment {
  std::string type;  ///< unassigned, member or role
  std::optional<std::string> member_id;
  std::optional<std::string> role;
};
constexpr auto describe(Type<Assignment>) {
  return fields(field("type", &Assignment::type), field("memberId", &Assignment::member_id),
                field("role", &Assignment::role));
}

struct TaskInput {
  std::string family_id;
  std::string name;
  std::optional<std::string> description;
  Assignment assignment;
  std::optional<std::int64_t> karma;
};
constexpr auto describe(Type<TaskInput>) {
  return fields(field("familyId", &TaskInput::family_id), field("name", &TaskInput::name),
                field("description", &TaskInput::description), field("assignment", &TaskInput::assignment),
                field("karma", &TaskInput::karma));
}

struct AssignInput {
  std::string member_id;
};
constexpr auto describe(Type<AssignInput>) {
  return fields(field("memberId", &AssignInput::member_id));
}

/// These run inside a unit of work. Of a family that the caller does not belong to, nothing is found
/// (`not_found`). They fail with `invalid` where a field is wrong, `forbidden` where the caller may not, and
/// `conflict` where it is too late.

Result<Task> add_task(Transaction& tx, const Caller& caller, const TaskInput& input);
/// By a parent, whoever made the task, or one who takes what is nobody's.
Result<Task> assign_task(Transaction& tx, const Caller& caller, const std::string& id,
                         const AssignInput& input);
/// By whom it concerns, or a parent. Its karma goes to whoever completes it. An approval task completes its
/// claim, and is for parents only.
Result<Task> complete_task(Transaction& tx, const Caller& caller, const std::string& id);
/// By a parent or whoever made it; not an approval task, which lives as long as its claim is pending.
Result<Value> delete_task(Transaction& tx, const Caller& caller, const std::string& id);
Result<std::vector<Task>> list_tasks(Transaction& tx, const Caller& caller, const std::string& family_id,
                                     const apps::Page& page);

// ---- for claims ----

/// Adds the parents' task to approve a claim; nobody is told.
Result<Task> add_approval(Transaction& tx, const Claim& claim, const std::string& name);
/// The approval task is done, and those whom it concerns are told.
Result<void> close_approval(Transaction& tx, const Claim& claim, const std::string& completed_by);
/// It is no longer needed.
Result<void> drop_approval(Transaction& tx, const Claim& claim, const std::string& deleted_by);

}  // namespace belfry::household
