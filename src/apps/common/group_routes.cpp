#include "apps/common/group_routes.h"

#include <algorithm>
#include <utility>

#include "core/clock.h"

namespace belfry::apps {

namespace {

using memberships::Group;
using memberships::Member;
using store::Transaction;

constexpr std::size_t kNameMax = 200;

struct NameInput {
  std::string name;
};
constexpr auto describe(Type<NameInput>) {
  return fields(field("name", &NameInput::name));
}

struct MemberInput {
  Value user_id;
  std::optional<std::string> role;
};
constexpr auto describe(Type<MemberInput>) {
  return fields(field("userId", &MemberInput::user_id), field("role", &MemberInput::role));
}

Value member_json(const GroupRules& rules, const std::string& group_id, const Member& member) {
  return rules.dress({{rules.id_field, group_id},
                      {"userId", member.user_id},
                      {"role", member.role},
                      {"joinedAt", iso_time(member.joined_at)}});
}

Error not_manager(const GroupRules& rules) {
  return {ErrorKind::forbidden, "This needs role " + rules.roles.front()};
}

Result<std::string> role_for(const GroupRules& rules, const MemberInput& input) {
  std::string role = input.role.value_or(rules.default_role);
  if (std::ranges::find(rules.roles, role) != rules.roles.end()) return role;
  std::string known;
  for (const std::string& one : rules.roles) known += (known.empty() ? "" : " or ") + one;
  return fail_field("role", "must be " + known);
}

}  // namespace

Result<std::string> text_user_id(const std::string& field, const Value& value) {
  if (value.is_null()) return std::unexpected(is_required(field));
  if (!value.is_string()) return fail_field(field, "must be a string");
  auto id = value.get<std::string>();
  if (auto good = check_user_id(field, id); !good) return std::unexpected(good.error());
  return id;
}

Result<std::string> role_in(Transaction& tx, const GroupRules& rules, const Caller& caller,
                            std::string_view group_id) {
  const auto group = memberships::find_group(tx, rules.kind, group_id);
  if (!group) return std::unexpected(group.error());
  if (!*group) return fail(ErrorKind::not_found, rules.not_found);
  if (caller.is_admin()) return rules.roles.front();
  const auto role = memberships::role_of(tx, rules.kind, group_id, caller.user_id);
  if (!role) return std::unexpected(role.error());
  if (!*role) return fail(ErrorKind::not_found, rules.not_found);
  return **role;
}

Result<void> check_manager(Transaction& tx, const GroupRules& rules, const Caller& caller,
                           std::string_view group_id) {
  const auto role = role_in(tx, rules, caller, group_id);
  if (!role) return std::unexpected(role.error());
  if (*role != rules.roles.front()) return std::unexpected(not_manager(rules));
  return {};
}

GroupRoutes::GroupRoutes(store::Store& store, Api& api, GroupRules rules)
    : store_(store), rules_(std::move(rules)) {
  const std::string members = rules_.path + "/{id}/members";
  api.route("POST", rules_.path, [this](const Call& call) { create(call); });
  api.route("GET", rules_.path, [this](const Call& call) { list(call); });
  api.route("GET", members, [this](const Call& call) { list_members(call); });
  api.route("POST", members, [this](const Call& call) { add_member(call); });
  api.route("DELETE", members + "/{userId}", [this](const Call& call) { remove_member(call); });
}

void GroupRoutes::create(const Call& call) const {
  const auto input = call.body<NameInput>();
  if (!input) return call.refuse(input.error());
  if (auto good = check_text("name", input->name, kNameMax); !good) return call.refuse(good.error());
  const auto work = [this, name = input->name, caller = call.caller()](Transaction& tx) -> Result<Value> {
    const auto founder = caller.user();
    const auto group =
        memberships::found_group(tx, rules_.kind, name, founder, rules_.roles.front(), wall_now_ms());
    if (!group) return std::unexpected(group.error());
    return rules_.dress(store::to_json(*group));
  };
  call.write(store_, call.caller().name(), work);
}

void GroupRoutes::list(const Call& call) const {
  const auto page = call.page();
  if (!page) return call.refuse(page.error());
  call.read(store_, [this, page = *page, caller = call.caller()](Transaction& tx) -> Result<Value> {
    const auto user = caller.user();
    const auto groups = memberships::list_groups(tx, rules_.kind, user, page.before, page.wanted());
    if (!groups) return std::unexpected(groups.error());
    return page_json(page, *groups,
                     [this](const Group& group) { return rules_.dress(store::to_json(group)); });
  });
}

void GroupRoutes::list_members(const Call& call) const {
  call.read(store_,
            [this, id = call.parameter("id"), caller = call.caller()](Transaction& tx) -> Result<Value> {
              if (auto role = role_in(tx, rules_, caller, id); !role) return std::unexpected(role.error());
              const auto members = memberships::members(tx, rules_.kind, id);
              if (!members) return std::unexpected(members.error());
              Value items = Value::array();
              for (const Member& member : *members) items.push_back(member_json(rules_, id, member));
              return Value{{"items", std::move(items)}, {"nextCursor", nullptr}};
            });
}

void GroupRoutes::add_member(const Call& call) const {
  const auto input = call.body<MemberInput>();
  if (!input) return call.refuse(input.error());
  const auto user = rules_.read_user("userId", input->user_id);
  if (!user) return call.refuse(user.error());
  const auto role = role_for(rules_, *input);
  if (!role) return call.refuse(role.error());
  const auto work = [this, id = call.parameter("id"), caller = call.caller(), user = *user,
                     role = *role](Transaction& tx) -> Result<Value> {
    const auto own = role_in(tx, rules_, caller, id);
    if (!own) return std::unexpected(own.error());
    const bool manages = *own == rules_.roles.front();
    if (!manages && !(rules_.members_may_add && role == rules_.default_role)) {
      return std::unexpected(not_manager(rules_));
    }
    const auto added = memberships::add(tx, rules_.kind, id, user, role, wall_now_ms());
    if (!added) return std::unexpected(added.error());
    if (!*added && manages) {
      if (auto set = memberships::set_role(tx, rules_.kind, id, user, role); !set)
        return std::unexpected(set.error());
    }
    const auto member = memberships::find_member(tx, rules_.kind, id, user);
    if (!member) return std::unexpected(member.error());
    return member_json(rules_, id, **member);
  };
  call.write(store_, call.parameter("id"), work);
}

void GroupRoutes::remove_member(const Call& call) const {
  const auto work = [this, id = call.parameter("id"), user = call.parameter("userId"),
                     caller = call.caller()](Transaction& tx) -> Result<Value> {
    // Anyone may leave.
    const auto own = role_in(tx, rules_, caller, id);
    if (!own) return std::unexpected(own.error());
    if (user != caller.user_id && *own != rules_.roles.front()) return std::unexpected(not_manager(rules_));
    const auto removed = memberships::remove(tx, rules_.kind, id, user);
    if (!removed) return std::unexpected(removed.error());
    if (!*removed) return fail(ErrorKind::not_found, "Member not found");
    if (auto left = rules_.on_removed(tx, id, user); !left) return std::unexpected(left.error());
    return Value{{"success", true}};
  };
  call.write(store_, call.parameter("id"), work, 200);
}

}  // namespace belfry::apps
