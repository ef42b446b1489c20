#include "apps/household/karma.h"

#include <cstdlib>
#include <utility>

#include "apps/common/group_records.h"
#include "core/ids.h"

namespace belfry::household {

namespace {

Error not_enough() {
  return {ErrorKind::conflict, "Not enough karma"};
}

Result<Balance> balance_of(Transaction& tx, const std::string& family_id, const std::string& user_id) {
  auto found =
      store::find<Balance>(tx, "household_balances", "family_id = $1 AND user_id = $2", {family_id, user_id});
  if (!found) return std::unexpected(std::move(found.error()));
  return found->value_or(Balance{});
}

/// Runs a statement that changes one balance, where its conditions hold.
Result<void> change_balance(Transaction& tx, std::string_view sql, const Claim& claim) {
  const auto done = tx.run(sql, {claim.family_id, claim.user_id, claim.cost});
  if (!done) return std::unexpected(done.error());
  if (*done == 0) return std::unexpected(not_enough());
  return {};
}

}  // namespace

Result<Karma> give_karma(Transaction& tx, const Caller& caller, const KarmaInput& input) {
  Result<void> good = apps::check_text("reason", input.reason, kTextMax);
  if (good) good = check_karma("amount", input.amount, -kKarmaMax);
  if (good && input.amount == 0) good = fail_field("amount", "must not be 0");
  if (good) good = apps::check_manager(tx, family_rules(), caller, input.family_id);
  if (good) good = check_member(tx, input.family_id, "userId", input.user_id);
  if (!good) return std::unexpected(good.error());
  return add_karma(tx, {.family_id = input.family_id,
                        .user_id = input.user_id,
                        .amount = input.amount,
                        .reason = input.reason,
                        .created_by = caller.user()});
}

Result<Value> karma_page(Transaction& tx, const Caller& caller, const std::string& family_id,
                         const std::string& user_id, const apps::Page& page) {
  if (auto role = apps::role_in(tx, family_rules(), caller, family_id); !role) {
    return std::unexpected(role.error());
  }
  if (auto member = check_member(tx, family_id, "userId", user_id); !member) {
    return std::unexpected(member.error());
  }
  const auto balance = balance_of(tx, family_id, user_id);
  if (!balance) return std::unexpected(balance.error());
  const auto history = store::list<Karma>(
      tx, "household_karma", "family_id = $1 AND user_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
      {family_id, user_id, store::ids_before(page.before), page.wanted()});
  if (!history) return std::unexpected(history.error());
  Value json = apps::page_json(page, *history, [](const Karma& one) { return to_json(one); });
  json.update(store::to_json(*balance));
  return json;
}

Result<Karma> add_karma(Transaction& tx, const NewKarma& karma) {
  const auto done = tx.run(
      "INSERT INTO household_balances (family_id, user_id, balance, reserved) VALUES ($1, $2, $3, 0) "
      "ON CONFLICT (family_id, user_id) DO UPDATE SET balance = household_balances.balance + $3",
      {karma.family_id, karma.user_id, karma.amount});
  if (!done) return std::unexpected(done.error());
  auto kept = apps::keep(tx, "household_karma",
                         Karma{.id = make_uuid7(),
                               .family_id = karma.family_id,
                               .user_id = karma.user_id,
                               .amount = karma.amount,
                               .reason = karma.reason,
                               .created_by = karma.created_by,
                               .created_at = {wall_now_ms()}});
  if (!kept) return kept;
  const auto balance = balance_of(tx, karma.family_id, karma.user_id);
  if (!balance) return std::unexpected(balance.error());
  const auto told = notify(tx, karma.family_id, {karma.user_id},
                           karma.amount > 0 ? "karma.awarded" : "karma.deducted", karma.user_id,
                           {{"karmaId", kept->id},
                            {"amount", std::abs(karma.amount)},
                            {"reason", karma.reason},
                            {"balance", balance->balance},
                            {"karma", to_json(*kept)}});
  if (!told) return std::unexpected(told.error());
  return kept;
}

// In one statement: of two that want the same karma, one finds it gone.
Result<void> reserve_karma(Transaction& tx, const Claim& claim) {
  return change_balance(tx,
                        "UPDATE household_balances SET reserved = reserved + $3 WHERE family_id = $1 AND "
                        "user_id = $2 AND balance - reserved >= $3",
                        claim);
}

Result<void> free_karma(Transaction& tx, const Claim& claim) {
  return change_balance(tx,
                        "UPDATE household_balances SET reserved = reserved - $3 WHERE family_id = $1 AND "
                        "user_id = $2 AND reserved >= $3",
                        claim);
}

Result<void> pay_karma(Transaction& tx, const Claim& claim, const std::string& reason,
                       const std::string& approved_by) {
  // Nobody takes of it before the commit.
  auto enough = change_balance(tx,
                               "UPDATE household_balances SET balance = balance WHERE family_id = $1 AND "
                               "user_id = $2 AND balance >= $3",
                               claim);
  if (!enough) return enough;
  const auto paid = add_karma(tx, {.family_id = claim.family_id,
                                   .user_id = claim.user_id,
                                   .amount = -claim.cost,
                                   .reason = reason,
                                   .created_by = approved_by});
  if (!paid) return std::unexpected(paid.error());
  return {};
}

}  // namespace belfry::household
