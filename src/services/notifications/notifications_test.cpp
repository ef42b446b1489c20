#include "services/notifications/notifications.h"

#include <gtest/gtest.h>

#include "store/testing.h"

namespace belfry::notifications {
namespace {

using store::Transaction;
using store::testing::TempStore;
using store::testing::write;

constexpr WallMs kNow = 1'767'323'045'678;

Notification notify_one(TempStore& store, const std::string& user, const std::string& title) {
  return *write(*store, [=](Transaction& tx) {
    return notify(tx, "health", user, {.type = "test", .title = title, .message = "m"}, kNow);
  });
}
List list_of(TempStore& store, const std::string& user, const ListQuery& query = {}) {
  return *store::testing::read(*store, [=](Transaction& tx) { return list(tx, "health", user, query); });
}
std::vector<std::string> titles(const List& list) {
  std::vector<std::string> out;
  for (const auto& one : list.items) out.push_back(one.content.title);
  return out;
}
std::size_t unread(TempStore& store, const std::string& user) {
  return *store::testing::read(*store, [=](Transaction& tx) { return count_unread(tx, "health", user); });
}
using Titles = std::vector<std::string>;

TEST(Notifications, AreKeptAsTheyWereMadeNewestFirst) {
  TempStore store;
  notify_one(store, "ann", "first");
  const auto made = write(*store, [](Transaction& tx) {
    return notify(tx, "health", "ann",
                  {.type = "visit",
                   .title = "second",
                   .message = "grüße",
                   .data = {{"x", 1}},
                   .priority = "urgent",
                   .topic = "t"},
                  kNow);
  });
  notify_one(store, "ben", "not hers");
  store.reopen();
  const auto all = list_of(store, "ann");
  EXPECT_EQ(titles(all), (Titles{"second", "first"}));
  EXPECT_EQ(to_json(all.items[0]), to_json(*made));
  EXPECT_EQ(to_json(all.items[0]).at("topic"), "t");
  EXPECT_FALSE(to_json(all.items[1]).contains("topic"));
}

TEST(Notifications, AreReadOnceEachByTheirUserAlone) {
  TempStore store;
  const auto first = notify_one(store, "ann", "first");
  notify_one(store, "ann", "second");
  EXPECT_EQ(unread(store, "ann"), 2u);
  const auto read_as = [&](const std::string& user) {
    return write(*store, [&](Transaction& tx) { return mark_read(tx, "health", user, first.id, "s", kNow); });
  };
  EXPECT_EQ(read_as("ben").error().kind, ErrorKind::not_found);
  EXPECT_TRUE(read_as("ann"));
  EXPECT_TRUE(read_as("ann"));
  EXPECT_EQ(unread(store, "ann"), 1u);
  EXPECT_EQ(titles(list_of(store, "ann", {.unread_only = true})), Titles{"second"});
  const auto rest = [&] {
    return write(*store, [](Transaction& tx) { return mark_all_read(tx, "health", "ann", "s", kNow); });
  };
  EXPECT_EQ(rest(), 1u);
  EXPECT_EQ(rest(), 0u);
  EXPECT_EQ(unread(store, "ann"), 0u);
}

TEST(Notifications, ComeInPages) {
  TempStore store;
  for (int i = 0; i < 5; ++i) notify_one(store, "ann", std::to_string(i));
  const auto first = list_of(store, "ann", {.limit = 2});
  EXPECT_EQ(titles(first), (Titles{"4", "3"}));
  const auto second = list_of(store, "ann", {.limit = 2, .before = first.next_cursor});
  EXPECT_EQ(titles(second), (Titles{"2", "1"}));
  const auto last = list_of(store, "ann", {.limit = 2, .before = second.next_cursor});
  EXPECT_EQ(titles(last), Titles{"0"});
  EXPECT_EQ(last.next_cursor, std::nullopt);
}

TEST(Topics, AreFollowedOnceAndLeft) {
  TempStore store;
  const auto follow_as = [&](const std::string& user, std::vector<std::string> topics) {
    return write(*store, [=](Transaction& tx) { return follow(tx, "health", user, topics); });
  };
  const auto of = [&](const std::string& topic, const std::string& after = "") {
    return *store::testing::read(*store,
                                 [=](Transaction& tx) { return followers(tx, "health", topic, after, 2); });
  };
  for (const char* user : {"ann", "ben", "cid"}) ASSERT_TRUE(follow_as(user, {"news", "news", "other"}));
  EXPECT_EQ(of("news"), (std::vector<std::string>{"ann", "ben"}));
  EXPECT_EQ(of("news", "ben"), std::vector<std::string>{"cid"});
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return unfollow(tx, "health", "ann", {"news", "none"}); }));
  EXPECT_EQ(of("news"), (std::vector<std::string>{"ben", "cid"}));
  EXPECT_EQ(of("other").front(), "ann");
}

TEST(Topics, PastTheBoundNothingIsFollowed) {
  TempStore store;
  std::vector<std::string> topics;
  for (std::size_t i = 0; i <= kTopicsMax; ++i) topics.push_back(std::to_string(i));
  const auto refused = write(*store, [&](Transaction& tx) { return follow(tx, "health", "ann", topics); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::too_large);
  EXPECT_TRUE(store::testing::read(*store, [](Transaction& tx) {
                return followers(tx, "health", "0", "", 10);
              })->empty());
}

}  // namespace
}  // namespace belfry::notifications
