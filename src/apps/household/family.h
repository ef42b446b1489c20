// Families: groups of parents and children, and how they are told what happens.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/common/group_routes.h"
#include "apps/household/records.h"
#include "core/event.h"

namespace belfry::household {

using apps::Caller;
using store::Transaction;

inline constexpr std::string_view kParent = "parent";
inline constexpr std::string_view kChild = "child";
/// Most of what a text may have in characters.
inline constexpr std::size_t kNameMax = 200;
inline constexpr std::size_t kTextMax = 4'000;
/// Karma, one way or the other.
inline constexpr std::int64_t kKarmaMax = 1'000'000;

apps::GroupRules family_rules();

/// Something that happened, told after the commit to the users whom it concerns; never to nobody.
struct Notice : Event {
  std::string home;  ///< those of one family or chat come in the order of their commits
  std::vector<std::string> user_ids;
  std::string event;
  Value payload;
};
constexpr auto describe(Type<Notice>) {
  return fields(field("home", &Notice::home), field("userIds", &Notice::user_ids),
                field("event", &Notice::event), field("payload", &Notice::payload));
}

/// These run inside a unit of work and fail as its statements do.

/// Tells `event` with what every event has (`familyId`, `userId`; empty: another server) and `more`.
void notify(Transaction& tx, const std::string& home, const std::optional<std::string>& family_id,
            std::vector<std::string> user_ids, std::string_view event, const std::string& user_id,
            Value more);
/// The same for what happens in a family: to those only who still belong to it.
Result<void> notify(Transaction& tx, const std::string& family_id, const std::vector<std::string>& user_ids,
                    std::string_view event, const std::string& user_id, Value more);

/// Who holds a role.
Result<std::vector<std::string>> holders(Transaction& tx, const std::string& family_id,
                                         std::string_view role);

/// Fails with `invalid` (`field`) where a user does not belong to the family.
Result<void> check_member(Transaction& tx, const std::string& family_id, const std::string& field,
                          const std::string& user_id);

/// A whole number of karma. Fails with `invalid`.
Result<void> check_karma(const std::string& field, std::int64_t amount, std::int64_t least);

}  // namespace belfry::household
