// Who belongs to what: the participants of a visit, the members of a family, a chat or a group.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/describe.h"
#include "belfry/result.h"
#include "core/clock.h"
#include "core/event.h"
#include "store/transaction.h"

namespace belfry::memberships {

/// At most so many members a group; past it `too_large`.
inline constexpr int kMembersMax = 10'000;

struct Member {
  std::string user_id;
  std::string role;  ///< in this group, a word of the app's
  WallMs joined_at = 0;

  bool operator==(const Member&) const = default;
};
constexpr auto describe(Type<Member>) {
  return fields(field("userId", &Member::user_id), field("role", &Member::role),
                field("joinedAt", &Member::joined_at));
}

/// Told after the commit. `kind` is the app's word for this sort of group (`care.family`) and keeps its
/// groups apart from all others.
struct MemberAdded : Event {
  std::string kind;
  std::string group_id;
  Member member;
};
constexpr auto describe(Type<MemberAdded>) {
  return fields(field("kind", &MemberAdded::kind), field("groupId", &MemberAdded::group_id),
                field("member", &MemberAdded::member));
}
struct MemberRemoved : Event {
  std::string kind;
  std::string group_id;
  std::string user_id;
};
constexpr auto describe(Type<MemberRemoved>) {
  return fields(field("kind", &MemberRemoved::kind), field("groupId", &MemberRemoved::group_id),
                field("userId", &MemberRemoved::user_id));
}

/// These run inside a unit of work and fail as its statements do. Those that change run in one whose key is
/// the group's.

/// Adds a member and tells `MemberAdded`; one who is there already stays, with the role of old. Whether it
/// was news.
Result<bool> add(store::Transaction& tx, std::string_view kind, std::string_view group_id,
                 std::string_view user_id, std::string_view role, WallMs now);
/// Gives a member another role; whether there was such a member.
Result<bool> set_role(store::Transaction& tx, std::string_view kind, std::string_view group_id,
                      std::string_view user_id, std::string_view role);
/// Removes a member and tells `MemberRemoved`; whether there was one.
Result<bool> remove(store::Transaction& tx, std::string_view kind, std::string_view group_id,
                    std::string_view user_id);

/// Nothing: no member.
Result<std::optional<Member>> find_member(store::Transaction& tx, std::string_view kind,
                                          std::string_view group_id, std::string_view user_id);
Result<std::optional<std::string>> role_of(store::Transaction& tx, std::string_view kind,
                                           std::string_view group_id, std::string_view user_id);
/// By user id.
Result<std::vector<Member>> members(store::Transaction& tx, std::string_view kind, std::string_view group_id);

/// Whether two users are in one group of the kind.
Result<bool> share_group(store::Transaction& tx, std::string_view kind, std::string_view user_a,
                         std::string_view user_b);

/// Everybody who is in one group with a user, themselves too: at most `limit` of them.
Result<std::set<std::string>> fellows(store::Transaction& tx, std::string_view kind, std::string_view user_id,
                                      int limit);

/// A user's groups, by their ids from the last to the first: those before `before` (empty: from the last), at
/// most `limit`.
Result<std::vector<std::string>> groups_of(store::Transaction& tx, std::string_view kind,
                                           std::string_view user_id, std::string_view before, int limit);

}  // namespace belfry::memberships
