// Rewards that a family offers for karma, and claims to them, which a parent approves.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/common/api.h"
#include "apps/household/family.h"

namespace belfry::household {

struct RewardInput {
  std::string family_id;
  std::string name;
  std::int64_t cost = 0;
};
constexpr auto describe(Type<RewardInput>) {
  return fields(field("familyId", &RewardInput::family_id), field("name", &RewardInput::name),
                field("cost", &RewardInput::cost));
}

struct ClaimInput {
  std::string reward_id;
};
constexpr auto describe(Type<ClaimInput>) {
  return fields(field("rewardId", &ClaimInput::reward_id));
}

/// These run inside a unit of work and fail as those of tasks do.

/// By a parent.
Result<Reward> add_reward(Transaction& tx, const Caller& caller, const RewardInput& input);
Result<std::vector<Reward>> list_rewards(Transaction& tx, const Caller& caller, const std::string& family_id,
                                         const apps::Page& page);

/// Sets the cost aside and makes a task for the parents. Fails with `conflict` (`Not enough karma`).
Result<Claim> add_claim(Transaction& tx, const Caller& caller, const ClaimInput& input);
/// By a parent: the cost is deducted. `conflict`: it is closed already, or the karma is gone.
Result<Claim> complete_claim(Transaction& tx, const Caller& caller, const std::string& id);
/// By the claimer or a parent: the cost is free again. `conflict`: it is closed already.
Result<Claim> cancel_claim(Transaction& tx, const Caller& caller, const std::string& id);
Result<std::vector<Claim>> list_claims(Transaction& tx, const Caller& caller, const std::string& family_id,
                                       const apps::Page& page);

}  // namespace belfry::household
