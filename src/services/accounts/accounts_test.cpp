#include "services/accounts/accounts.h"

#include <gtest/gtest.h>

#include "store/testing.h"

namespace belfry::accounts {
namespace {

using store::Transaction;
using store::testing::TempStore;
using store::testing::write;

Result<Account> ensure_in(TempStore& store, std::string id, Profile profile, WallMs now = 1) {
  return write(*store, [=](Transaction& tx) { return ensure(tx, id, profile, now); });
}
Result<Account> put_in(TempStore& store, std::string id, Profile change) {
  return write(*store, [=](Transaction& tx) { return put(tx, id, change, 9); });
}
Result<std::optional<Account>> find_in(TempStore& store, std::string id) {
  return store::testing::read(*store, [=](Transaction& tx) { return find(tx, id); });
}

TEST(Accounts, AUserNotSeenBeforeIsCreatedFromTheClaims) {
  TempStore store;
  EXPECT_EQ(find_in(store, "anna")->has_value(), false);
  const auto account =
      ensure_in(store, "anna", {.name = "Anna", .email = "a@example.com", .role = "patient"}, 5);
  const Account expected{
      .id = "anna", .name = "Anna", .email = "a@example.com", .role = "patient", .created_at = 5};
  EXPECT_EQ(account, expected);
  EXPECT_EQ(**find_in(store, "anna"), expected);
}

TEST(Accounts, AreCountedAndListedInOrder) {
  TempStore store;
  for (const char* id : {"c", "a", "b"}) ensure_in(store, id, {}).value();
  EXPECT_EQ(store::testing::read(*store, [](Transaction& tx) { return count(tx); }), 3);
  const auto page = [&](std::string after) {
    return store::testing::read(*store, [after](Transaction& tx) { return list_ids(tx, after, 2); }).value();
  };
  EXPECT_EQ(page(""), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(page("b"), std::vector<std::string>{"c"});
}

TEST(Accounts, AKnownUserStaysAsItIs) {
  TempStore store;
  const auto first = ensure_in(store, "anna", {.name = "Anna", .role = "patient"}, 5);
  EXPECT_EQ(ensure_in(store, "anna", {.name = "Other", .email = "x", .role = "admin"}, 6), first);
}

TEST(Accounts, AnIdAloneIsEnough) {
  TempStore store;
  const auto account = ensure_in(store, "42", {});
  ASSERT_TRUE(account);
  EXPECT_EQ(account->role, kDefaultRole);
  EXPECT_EQ(account->name, std::nullopt);
  EXPECT_EQ(account->email, std::nullopt);
}

TEST(Accounts, PutSetsWhatItNamesAndKeepsTheRest) {
  TempStore store;
  ASSERT_TRUE(ensure_in(store, "anna", {.name = "Anna", .email = "a@example.com"}, 5));
  const auto changed = put_in(store, "anna", {.name = "Anna B", .role = "provider"});
  const Account expected{
      .id = "anna", .name = "Anna B", .email = "a@example.com", .role = "provider", .created_at = 5};
  EXPECT_EQ(changed, expected);
  EXPECT_EQ(**find_in(store, "anna"), expected);
}

TEST(Accounts, PutCreatesWhereThereIsNone) {
  TempStore store;
  ASSERT_TRUE(put_in(store, "new", {.name = "New"}));
  EXPECT_EQ((*find_in(store, "new"))->role, kDefaultRole);
}

TEST(Accounts, IdsAreTextThatIsNeverReadAsSql) {
  TempStore store;
  const std::string id = "x'); DROP TABLE users; --";
  ASSERT_TRUE(ensure_in(store, id, {.name = "'\"$1"}));
  EXPECT_EQ((*find_in(store, id))->name, "'\"$1");
}

}  // namespace
}  // namespace belfry::accounts
