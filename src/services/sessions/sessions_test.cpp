#include "services/sessions/sessions.h"

#include <gtest/gtest.h>

#include "store/testing.h"

namespace belfry::sessions {
namespace {

using store::Transaction;
using store::testing::read;
using store::testing::TempStore;
using store::testing::write;

constexpr WallMs kNow = 1'767'323'045'000;
constexpr WallMs kDayMs = 86'400'000;

Result<Session> opened(TempStore& store, const std::string& digest, WallMs expires_at, WallMs now = kNow) {
  return write(*store, [=](Transaction& tx) { return open(tx, "ann", digest, expires_at, now); });
}
std::optional<Session> found(TempStore& store, const std::string& digest) {
  return *read(*store, [=](Transaction& tx) { return find(tx, digest); });
}

TEST(Sessions, AreFoundByTheirDigestAndTheirIdUntilRevoked) {
  TempStore store;
  const auto first = opened(store, "d1", kNow + 1);
  const auto second = opened(store, "d2", kNow + 2);
  store.reopen();
  EXPECT_EQ(found(store, "d1"), *first);
  EXPECT_EQ(*read(*store, [&](Transaction& tx) { return find_by_id(tx, second->id); }), *second);
  EXPECT_EQ(write(*store, [](Transaction& tx) { return revoke(tx, "d1"); }), true);
  EXPECT_EQ(write(*store, [](Transaction& tx) { return revoke(tx, "d1"); }), false);
  EXPECT_EQ(write(*store, [&](Transaction& tx) { return revoke_by_id(tx, second->id); }), true);
  EXPECT_EQ(found(store, "d1"), std::nullopt);
  EXPECT_EQ(found(store, "d2"), std::nullopt);
}

TEST(Sessions, ATokenStandsForOneOnly) {
  TempStore store;
  ASSERT_TRUE(opened(store, "d", kNow));
  EXPECT_EQ(opened(store, "d", kNow).error().kind, ErrorKind::conflict);
}

TEST(Sessions, ThoseThatExpiredADayAgoAreForgotten) {
  TempStore store;
  ASSERT_TRUE(opened(store, "old", kNow - 1));
  ASSERT_TRUE(opened(store, "new", kNow + 5 * kDayMs, kNow + kDayMs - 1));
  EXPECT_NE(found(store, "old"), std::nullopt);
  ASSERT_TRUE(opened(store, "newer", kNow + 5 * kDayMs, kNow + kDayMs));
  EXPECT_EQ(found(store, "old"), std::nullopt);
  EXPECT_NE(found(store, "new"), std::nullopt);
}

TEST(Credentials, AnEmailIsRegisteredOnceInWhateverCase) {
  TempStore store;
  const auto add = [&](const std::string& email, const std::string& user) {
    return write(*store, [=](Transaction& tx) { return register_email(tx, email, {user, "hash"}, kNow); });
  };
  ASSERT_TRUE(add("Ann@Example.org", "ann"));
  EXPECT_EQ(add("ann@example.ORG", "other").error().message, "Email is already registered");
  const auto known = read(*store, [](Transaction& tx) { return find_email(tx, "ANN@example.org"); });
  ASSERT_TRUE(*known);
  EXPECT_EQ((*known)->user_id, "ann");
  const auto unknown = read(*store, [](Transaction& tx) { return find_email(tx, "ben@example.org"); });
  EXPECT_FALSE(unknown->has_value());
}

TEST(Sessions, OneThatIsRevokedTwiceAtOnceEndsOnce) {
  TempStore store;
  ASSERT_TRUE(opened(store, "d", kNow + 1));
  const auto end = [](Transaction& tx) { return revoke(tx, "d"); };
  const auto [first, second] = store::testing::overlap(store, end, end);
  EXPECT_EQ(first, true);
  EXPECT_EQ(second, false);
}

}  // namespace
}  // namespace belfry::sessions
