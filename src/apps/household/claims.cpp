#include "apps/household/claims.h"

#include <algorithm>
#include <utility>

#include "apps/common/group_records.h"
#include "apps/household/karma.h"
#include "apps/household/tasks.h"
#include "core/ids.h"

namespace belfry::household {

namespace {

constexpr std::string_view kRewards = "household_rewards";
constexpr std::string_view kClaims = "household_claims";

Result<Claim> claim_for(Transaction& tx, const Caller& caller, const std::string& id) {
  return apps::find_in_group<Claim>(tx, family_rules(), caller, kClaims, id, "Claim not found");
}

/// `claim.<action>` to the claimer and the family's parents.
Result<void> tell_claim(Transaction& tx, const Claim& claim, std::string_view event) {
  auto users = holders(tx, claim.family_id, kParent);
  if (!users) return std::unexpected(std::move(users.error()));
  if (std::ranges::find(*users, claim.user_id) == users->end()) users->push_back(claim.user_id);
  notify(tx, claim.family_id, std::move(*users), event, claim.user_id,
         {{"claimId", claim.id}, {"claim", to_json(claim)}});
  return {};
}

Result<void> ask_parents(Transaction& tx, const Claim& claim, const Reward& reward) {
  const auto task = add_approval(tx, claim, "Approve: " + reward.name);
  if (!task) return std::unexpected(task.error());
  auto parents = holders(tx, claim.family_id, kParent);
  if (!parents) return std::unexpected(std::move(parents.error()));
  notify(tx, claim.family_id, std::move(*parents), "approval_task.created", claim.user_id,
         {{"taskId", task->id}, {"task", to_json(*task)}, {"claimId", claim.id}});
  return {};
}

/// A pending claim is completed or cancelled, once.
Result<void> close(Transaction& tx, Claim& claim, const std::string& status, const Caller& caller) {
  claim.status = status;
  claim.closed_by = caller.user();
  claim.closed_at = Time{wall_now_ms()};
  const auto done = tx.run(
      "UPDATE household_claims SET status = $2, closed_by = $3, closed_at = $4 WHERE id = $1 AND status = "
      "'pending'",
      {claim.id, status, claim.closed_by, claim.closed_at->ms});
  if (!done) return std::unexpected(done.error());
  if (*done == 0) return fail(ErrorKind::conflict, "This claim is closed already");
  return {};
}

}  // namespace

Result<Reward> add_reward(Transaction& tx, const Caller& caller, const RewardInput& input) {
  Result<void> good = apps::check_text("name", input.name, kNameMax);
  if (good) good = check_karma("cost", input.cost, 1);
  if (good) good = apps::check_manager(tx, family_rules(), caller, input.family_id);
  if (!good) return std::unexpected(good.error());
  return apps::keep(tx, kRewards,
                    Reward{.id = make_uuid7(),
                           .family_id = input.family_id,
                           .name = input.name,
                           .cost = input.cost,
                           .created_by = caller.user(),
                           .created_at = {wall_now_ms()}});
}

Result<std::vector<Reward>> list_rewards(Transaction& tx, const Caller& caller, const std::string& family_id,
                                         const apps::Page& page) {
  return apps::list_in_group<Reward>(tx, family_rules(), caller, kRewards, family_id, page);
}

Result<Claim> add_claim(Transaction& tx, const Caller& caller, const ClaimInput& input) {
  if (auto user = apps::check_is_user(caller); !user) return std::unexpected(user.error());
  const auto reward =
      apps::find_in_group<Reward>(tx, family_rules(), caller, kRewards, input.reward_id, "Reward not found");
  if (!reward) return std::unexpected(reward.error());
  const auto claim = apps::keep(tx, kClaims,
                                Claim{.id = make_uuid7(),
                                      .family_id = reward->family_id,
                                      .reward_id = reward->id,
                                      .user_id = caller.user_id,
                                      .cost = reward->cost,
                                      .status = "pending",
                                      .task_id = make_uuid7(),
                                      .created_at = {wall_now_ms()},
                                      .closed_by = {},
                                      .closed_at = {}});
  if (!claim) return claim;
  Result<void> good = reserve_karma(tx, *claim);
  if (good) good = tell_claim(tx, *claim, "claim.created");
  if (good) good = ask_parents(tx, *claim, *reward);
  if (!good) return std::unexpected(good.error());
  return claim;
}

Result<Claim> complete_claim(Transaction& tx, const Caller& caller, const std::string& id) {
  auto claim = claim_for(tx, caller, id);
  if (!claim) return claim;
  Result<void> good = apps::check_is_user(caller);
  if (good) good = apps::check_manager(tx, family_rules(), caller, claim->family_id);
  if (good) good = close(tx, *claim, "completed", caller);
  if (good) good = free_karma(tx, *claim);
  if (good) good = close_approval(tx, *claim, caller.user_id);
  if (good) good = tell_claim(tx, *claim, "claim.completed");
  if (good) good = pay_karma(tx, *claim, "Claim of a reward", caller.user_id);
  if (!good) return std::unexpected(good.error());
  return claim;
}

Result<Claim> cancel_claim(Transaction& tx, const Caller& caller, const std::string& id) {
  auto claim = claim_for(tx, caller, id);
  if (!claim) return claim;
  Result<void> good;
  if (claim->user_id != caller.user_id) {
    good = apps::check_manager(tx, family_rules(), caller, claim->family_id);
  }
  if (good) good = close(tx, *claim, "cancelled", caller);
  if (good) good = free_karma(tx, *claim);
  if (good) good = drop_approval(tx, *claim, caller.user_id);
  if (good) good = tell_claim(tx, *claim, "claim.cancelled");
  if (!good) return std::unexpected(good.error());
  return claim;
}

Result<std::vector<Claim>> list_claims(Transaction& tx, const Caller& caller, const std::string& family_id,
                                       const apps::Page& page) {
  return apps::list_in_group<Claim>(tx, family_rules(), caller, kClaims, family_id, page);
}

}  // namespace belfry::household
