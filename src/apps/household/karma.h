// Karma: what the members of a family have earned, kept to the last point.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/common/api.h"
#include "apps/household/family.h"

namespace belfry::household {

struct KarmaInput {
  std::string family_id;
  std::string user_id;
  std::int64_t amount = 0;  ///< below zero: taken away
  std::string reason;
};
constexpr auto describe(Type<KarmaInput>) {
  return fields(field("familyId", &KarmaInput::family_id), field("userId", &KarmaInput::user_id),
                field("amount", &KarmaInput::amount), field("reason", &KarmaInput::reason));
}

struct NewKarma {
  std::string family_id;
  std::string user_id;
  std::int64_t amount = 0;
  std::string reason;
  std::optional<std::string> created_by;
};

/// These run inside a unit of work and fail as those of tasks do.

/// A parent gives or takes.
Result<Karma> give_karma(Transaction& tx, const Caller& caller, const KarmaInput& input);
/// `{balance, reserved, items, nextCursor}`: what a member has, and how it came, newest first.
Result<Value> karma_page(Transaction& tx, const Caller& caller, const std::string& family_id,
                         const std::string& user_id, const apps::Page& page);

/// Changes a balance, keeps why, and tells the user (`karma.awarded`, `karma.deducted`).
Result<Karma> add_karma(Transaction& tx, const NewKarma& karma);

/// Sets a part of the balance aside. Fails with `conflict` (`Not enough karma`) where so much is not free.
Result<void> reserve_karma(Transaction& tx, const Claim& claim);
/// Gives it back; at once before it is deducted, or for good.
Result<void> free_karma(Transaction& tx, const Claim& claim);
/// Deducts it, free or not, but never what is not there (`conflict`).
Result<void> pay_karma(Transaction& tx, const Claim& claim, const std::string& reason,
                       const std::string& approved_by);

}  // namespace belfry::household
