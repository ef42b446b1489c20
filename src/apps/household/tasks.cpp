#include "apps/household/tasks.h"

#include <algorithm>
#include <utility>

#include "apps/common/group_records.h"
#include "apps/household/claims.h"
#include "apps/household/karma.h"
#include "core/ids.h"

namespace belfry::household {

namespace {

constexpr std::string_view kTasks = "household_tasks";
constexpr const char* kNotFound = "Task not found";

Result<Task> task_for(Transaction& tx, const Caller& caller, const std::string& id) {
  if (auto locked = tx.lock("task:" + id); !locked) return std::unexpected(locked.error());
  return apps::find_in_group<Task>(tx, family_rules(), caller, kTasks, id, kNotFound);
}

/// Whom a task concerns: its member, or all who hold its role.
Result<std::vector<std::string>> assignees(Transaction& tx, const Task& task) {
  if (task.member_id) return std::vector{*task.member_id};
  if (task.role) return holders(tx, task.family_id, *task.role);
  return std::vector<std::string>();
}

/// `task.<action>` to the assignees and `others`.
Result<void> tell_task(Transaction& tx, const Task& task, const std::string& event, const std::string& actor,
                       Value more = Value::object(), const std::optional<std::string>& other = {}) {
  auto users = assignees(tx, task);
  if (!users) return std::unexpected(std::move(users.error()));
  if (other && std::ranges::find(*users, *other) == users->end()) users->push_back(*other);
  more["taskId"] = task.id;
  more["task"] = to_json(task);
  return notify(tx, task.family_id, *users, event, task.member_id.value_or(actor), std::move(more));
}

Result<void> check_assignment(Transaction& tx, const std::string& family_id, const Assignment& assignment) {
  if (auto good = apps::check_word("assignment.type", assignment.type, {"unassigned", "member", "role"});
      !good) {
    return good;
  }
  const bool member = assignment.type == "member";
  const bool role = assignment.type == "role";
  if (member != assignment.member_id.has_value()) {
    return fail_field("assignment.memberId", member ? "is required" : "is for type member only");
  }
  if (role != assignment.role.has_value()) {
    return fail_field("assignment.role", role ? "is required" : "is for type role only");
  }
  if (member) return check_member(tx, family_id, "assignment.memberId", *assignment.member_id);
  if (role) return apps::check_word("assignment.role", *assignment.role, {kParent, kChild});
  return {};
}

bool is_creator(const Task& task, const Caller& caller) {
  return !caller.is_server() && task.created_by == caller.user_id;
}

/// Whether the caller may change a task that is not done yet.
Result<void> check_may_change(Transaction& tx, const Caller& caller, const Task& task) {
  if (task.claim_id) return fail(ErrorKind::conflict, "This task lives as long as its claim");
  return is_creator(task, caller) ? Result<void>()
                                  : apps::check_manager(tx, family_rules(), caller, task.family_id);
}

Result<void> check_may_complete(Transaction& tx, const Caller& caller, const Task& task) {
  if (auto user = apps::check_is_user(caller); !user) return user;
  const auto role = apps::role_in(tx, family_rules(), caller, task.family_id);
  if (!role) return std::unexpected(role.error());
  const bool own = task.member_id ? *task.member_id == caller.user_id : !task.role || *task.role == *role;
  if (own || *role == kParent) return {};
  return fail(ErrorKind::forbidden, "This task is somebody else's");
}

Result<void> mark_completed(Transaction& tx, Task& task, const std::string& user_id) {
  task.completed_by = user_id;
  task.completed_at = Time{wall_now_ms()};
  const auto done = tx.run(
      "UPDATE household_tasks SET completed_by = $2, completed_at = $3 WHERE id = $1 AND completed_at IS "
      "NULL",
      {task.id, user_id, task.completed_at->ms});
  if (!done) return std::unexpected(done.error());
  if (*done == 0) return fail(ErrorKind::conflict, "This task is completed already");
  return tell_task(tx, task, "task.completed", user_id, {{"completedBy", user_id}}, task.created_by);
}

Result<void> remove_task(Transaction& tx, const Task& task, const std::string& actor) {
  const auto done = tx.run("DELETE FROM household_tasks WHERE id = $1", {task.id});
  if (!done) return std::unexpected(done.error());
  if (*done == 0) return fail(ErrorKind::not_found, kNotFound);
  return tell_task(tx, task, "task.deleted", actor);
}

Result<Task> approval_of(Transaction& tx, const Claim& claim) {
  auto found = store::find<Task>(tx, kTasks, "id = $1", {claim.task_id});
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found) return fail(ErrorKind::internal, "a claim without its task");
  return std::move(**found);
}

}  // namespace

Value to_json(const Task& task) {
  Value json = with_both_ids(store::to_json(task));
  for (const char* flat : {"assignmentType", "memberId", "role"}) json.erase(flat);
  json["assignment"] = {{"type", task.assignment_type}};
  if (task.member_id) json["assignment"]["memberId"] = *task.member_id;
  if (task.role) json["assignment"]["role"] = *task.role;
  return json;
}

Result<Task> add_task(Transaction& tx, const Caller& caller, const TaskInput& input) {
  Result<void> good = apps::check_text("name", input.name, kNameMax);
  if (good) good = apps::check_optional_text("description", input.description, kTextMax);
  if (good) good = check_karma("karma", input.karma.value_or(0), 0);
  if (!good) return std::unexpected(good.error());
  if (auto role = apps::role_in(tx, family_rules(), caller, input.family_id); !role) {
    return std::unexpected(role.error());
  }
  good = check_assignment(tx, input.family_id, input.assignment);
  if (!good) return std::unexpected(good.error());
  auto task = apps::keep(tx, kTasks,
                         Task{.id = make_uuid7(),
                              .family_id = input.family_id,
                              .name = input.name,
                              .description = input.description,
                              .assignment_type = input.assignment.type,
                              .member_id = input.assignment.member_id,
                              .role = input.assignment.role,
                              .karma = input.karma.value_or(0),
                              .claim_id = {},
                              .created_by = caller.user(),
                              .created_at = {wall_now_ms()},
                              .completed_by = {},
                              .completed_at = {}});
  if (!task) return task;
  if (auto told = tell_task(tx, *task, "task.created", caller.user_id); !told)
    return std::unexpected(told.error());
  return task;
}

Result<Task> assign_task(Transaction& tx, const Caller& caller, const std::string& id,
                         const AssignInput& input) {
  auto task = task_for(tx, caller, id);
  if (!task) return task;
  const bool takes = task->assignment_type == "unassigned" && input.member_id == caller.user_id;
  Result<void> good = takes ? Result<void>() : check_may_change(tx, caller, *task);
  if (good) good = check_member(tx, task->family_id, "memberId", input.member_id);
  if (!good) return std::unexpected(good.error());
  const auto done = tx.run(
      "UPDATE household_tasks SET assignment_type = 'member', member_id = $2, role = NULL WHERE id = $1 AND "
      "completed_at IS NULL",
      {id, input.member_id});
  if (!done) return std::unexpected(done.error());
  if (*done == 0) return fail(ErrorKind::conflict, "This task is completed already");
  task->assignment_type = "member";
  task->member_id = input.member_id;
  task->role.reset();
  if (auto told = tell_task(tx, *task, "task.assigned", caller.user_id); !told)
    return std::unexpected(told.error());
  return task;
}

Result<Task> complete_task(Transaction& tx, const Caller& caller, const std::string& id) {
  auto task = task_for(tx, caller, id);
  if (!task) return task;
  if (auto allowed = check_may_complete(tx, caller, *task); !allowed) return std::unexpected(allowed.error());
  if (task->claim_id) {
    if (auto claim = complete_claim(tx, caller, *task->claim_id); !claim)
      return std::unexpected(claim.error());
    return task_for(tx, caller, id);
  }
  if (auto done = mark_completed(tx, *task, caller.user_id); !done) return std::unexpected(done.error());
  if (task->karma > 0) {
    const NewKarma karma{.family_id = task->family_id,
                         .user_id = caller.user_id,
                         .amount = task->karma,
                         .reason = "Task: " + task->name,
                         .created_by = caller.user_id};
    if (auto added = add_karma(tx, karma); !added) return std::unexpected(added.error());
  }
  return task;
}

Result<Value> delete_task(Transaction& tx, const Caller& caller, const std::string& id) {
  const auto task = task_for(tx, caller, id);
  if (!task) return std::unexpected(task.error());
  if (auto allowed = check_may_change(tx, caller, *task); !allowed) return std::unexpected(allowed.error());
  if (auto done = remove_task(tx, *task, caller.user_id); !done) return std::unexpected(done.error());
  return Value{{"success", true}};
}

Result<std::vector<Task>> list_tasks(Transaction& tx, const Caller& caller, const std::string& family_id,
                                     const apps::Page& page) {
  return apps::list_in_group<Task>(tx, family_rules(), caller, kTasks, family_id, page);
}

Result<Task> add_approval(Transaction& tx, const Claim& claim, const std::string& name) {
  return apps::keep(tx, kTasks,
                    Task{.id = claim.task_id,
                         .family_id = claim.family_id,
                         .name = name,
                         .description = {},
                         .assignment_type = "role",
                         .member_id = {},
                         .role = std::string(kParent),
                         .karma = 0,
                         .claim_id = claim.id,
                         .created_by = claim.user_id,
                         .created_at = claim.created_at,
                         .completed_by = {},
                         .completed_at = {}});
}

Result<void> close_approval(Transaction& tx, const Claim& claim, const std::string& completed_by) {
  auto task = approval_of(tx, claim);
  if (!task) return std::unexpected(task.error());
  return mark_completed(tx, *task, completed_by);
}

Result<void> drop_approval(Transaction& tx, const Claim& claim, const std::string& deleted_by) {
  const auto task = approval_of(tx, claim);
  if (!task) return std::unexpected(task.error());
  return remove_task(tx, *task, deleted_by);
}

}  // namespace belfry::household
