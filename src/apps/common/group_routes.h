// REST of groups with a name and their members: an app's families, or its groups.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/common/api.h"
#include "services/memberships/groups.h"

namespace belfry::apps {

/// A user id as most apps have them: text. Fails with `invalid`.
Result<std::string> text_user_id(const std::string& field, const Value& value);

/// How an app's groups differ from the others'.
struct GroupRules {
  std::string kind;                ///< as in memberships
  std::string path;                ///< `/v1/care/families`
  std::string id_field;            ///< `familyId`
  std::string not_found;           ///< `Family not found`
  std::vector<std::string> roles;  ///< the first is the founder's, and manages members
  std::string default_role;        ///< of a new member; empty: it must be named
  bool members_may_add = false;    ///< whether those who do not manage may add others with the default role
  /// The app's form of a group or a member as JSON.
  std::function<Value(Value)> dress = [](Value json) { return json; };
  /// A user id of a body. Fails with `invalid`.
  std::function<Result<std::string>(const std::string& field, const Value& value)> read_user = text_user_id;
  /// What follows when somebody no longer belongs to a group; in the unit of work that removes them.
  std::function<Result<void>(store::Transaction&, const std::string& group_id, const std::string& user_id)>
      on_removed = [](auto&, const auto&, const auto&) { return Result<void>(); };
};

/// Whether the caller may see a group: its members, admins and other servers. Their role in it; an admin's is
/// the managing one. Others are told `not_found`: nothing says that there is such a group. In a unit of work.
Result<std::string> role_in(store::Transaction& tx, const GroupRules& rules, const Caller& caller,
                            std::string_view group_id);
/// The same for those who manage it; members who do not are told `forbidden`.
Result<void> check_manager(store::Transaction& tx, const GroupRules& rules, const Caller& caller,
                           std::string_view group_id);

/// `POST` and `GET <path>`, `GET` and `POST <path>/{id}/members`, `DELETE <path>/{id}/members/{userId}`.
/// Owned by the app; handlers run on the shard of their request.
class GroupRoutes {
 public:
  GroupRoutes(store::Store& store, Api& api, GroupRules rules);

  const GroupRules& rules() const { return rules_; }

 private:
  void create(const Call& call) const;
  void list(const Call& call) const;
  void list_members(const Call& call) const;
  void add_member(const Call& call) const;
  void remove_member(const Call& call) const;

  store::Store& store_;
  const GroupRules rules_;
};

}  // namespace belfry::apps
