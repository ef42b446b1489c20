#include "services/presence/online.h"

#include <gtest/gtest.h>

#include "store/testing.h"

namespace belfry::presence {
namespace {

using Names = std::vector<std::string>;

class Online : public ::testing::Test {
 protected:
  store::testing::TempStore store;

  bool set(const char* user, const char* node, bool online) {
    return *store::testing::write(
        *store, [=](store::Transaction& tx) { return set_online(tx, "groups", user, node, online); });
  }
  Names online_of_all() {
    return *store::testing::read(
        *store, [](store::Transaction& tx) { return online_of(tx, "groups", {"ann", "ben"}); });
  }
};

TEST_F(Online, IsNewsOnTheFirstNodeAndOnTheLast) {
  EXPECT_TRUE(set("ann", "a", true));
  EXPECT_FALSE(set("ann", "a", true));
  EXPECT_FALSE(set("ann", "b", true));
  EXPECT_FALSE(set("ann", "a", false));
  EXPECT_EQ(online_of_all(), Names{"ann"});
  EXPECT_TRUE(set("ann", "b", false));
  EXPECT_FALSE(set("ann", "b", false));
  EXPECT_EQ(online_of_all(), Names{});
}

TEST_F(Online, EndsWithItsNodeOnly) {
  set("ann", "a", true);
  set("ann", "b", true);
  set("ben", "a", true);
  const auto nodes =
      store::testing::read(*store, [](store::Transaction& tx) { return nodes_online(tx, "groups"); });
  EXPECT_EQ(*nodes, (Names{"a", "b"}));
  const auto there =
      store::testing::read(*store, [](store::Transaction& tx) { return online_on(tx, "groups", "a"); });
  EXPECT_EQ(*there, (Names{"ann", "ben"}));
  ASSERT_TRUE(
      store::testing::write(*store, [](store::Transaction& tx) { return clear_online(tx, "groups", "a"); }));
  EXPECT_EQ(online_of_all(), Names{"ann"});
}

}  // namespace
}  // namespace belfry::presence
