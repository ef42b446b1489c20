// Groups with a name: families, chats of many.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/result.h"
#include "services/memberships/memberships.h"
#include "store/records.h"

namespace belfry::memberships {

struct Group {
  std::string id;  ///< UUID version 7
  std::string name;
  std::optional<std::string> created_by;  ///< absent: another server
  store::Time created_at;
};
constexpr auto describe(Type<Group>) {
  return fields(field("id", &Group::id), field("name", &Group::name), field("createdBy", &Group::created_by),
                field("createdAt", &Group::created_at));
}

/// These run inside a unit of work and fail as its statements do. `kind` is as in memberships.

/// Makes a group, whose first member, with `role`, is `founder` (absent: it has none yet).
Result<Group> found_group(store::Transaction& tx, std::string_view kind, std::string_view name,
                          const std::optional<std::string>& founder, std::string_view role, WallMs now);
Result<std::optional<Group>> find_group(store::Transaction& tx, std::string_view kind, std::string_view id);
/// The groups of a user, or of everybody (absent), newest first: those before `before`, at most `limit`.
Result<std::vector<Group>> list_groups(store::Transaction& tx, std::string_view kind,
                                       const std::optional<std::string>& user_id, std::string_view before,
                                       int limit);

}  // namespace belfry::memberships
