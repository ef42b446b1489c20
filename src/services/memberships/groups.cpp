#include "services/memberships/groups.h"

#include <utility>

#include "core/ids.h"

namespace belfry::memberships {

using store::Transaction;

Result<Group> found_group(Transaction& tx, std::string_view kind, std::string_view name,
                          const std::optional<std::string>& founder, std::string_view role, WallMs now) {
  Group group{.id = make_uuid7(), .name = std::string(name), .created_by = founder, .created_at = {now}};
  const auto done =
      tx.run("INSERT INTO named_groups (id, kind, name, created_by, created_at) VALUES ($1, $2, $3, $4, $5)",
             {group.id, kind, name, founder, now});
  if (!done) return std::unexpected(done.error());
  if (founder) {
    if (auto added = add(tx, kind, group.id, *founder, role, now); !added)
      return std::unexpected(added.error());
  }
  return group;
}

Result<std::optional<Group>> find_group(Transaction& tx, std::string_view kind, std::string_view id) {
  return store::find<Group>(tx, "named_groups", "kind = $1 AND id = $2", {kind, id});
}

Result<std::vector<Group>> list_groups(Transaction& tx, std::string_view kind,
                                       const std::optional<std::string>& user_id, std::string_view before,
                                       int limit) {
  if (!user_id) {
    return store::list<Group>(tx, "named_groups", "kind = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                              {kind, store::ids_before(before), limit});
  }
  const auto ids = groups_of(tx, kind, *user_id, before, limit);
  if (!ids) return std::unexpected(ids.error());
  std::vector<Group> groups;
  for (const std::string& id : *ids) {
    auto group = find_group(tx, kind, id);
    if (!group) return std::unexpected(group.error());
    if (*group) groups.push_back(std::move(**group));
  }
  return groups;
}

}  // namespace belfry::memberships
