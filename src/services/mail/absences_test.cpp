#include "services/mail/absences.h"

#include <gtest/gtest.h>

#include "store/testing.h"

namespace belfry::mail {
namespace {

using store::Transaction;
using store::testing::read;
using store::testing::TempStore;
using store::testing::write;

constexpr std::string_view kApp = "groups";

std::vector<Notice> notices(TempStore& store, WallMs before = 1'000) {
  return read(*store, [=](Transaction& tx) { return notices_before(tx, kApp, before, 10); }).value();
}

TEST(Notices, AreKeptUntilAllMembersAreSeenTo) {
  TempStore store;
  for (const WallMs now : {10, 20}) {
    ASSERT_TRUE(write(
        *store, [=](Transaction& tx) { return keep_notice(tx, kApp, "g", "ann", {{"text", "hi"}}, now); }));
  }
  EXPECT_TRUE(notices(store, 10).empty());
  ASSERT_EQ(notices(store).size(), 2u);
  const Notice first = notices(store).at(0);
  EXPECT_EQ(first.input, R"({"text":"hi"})");
  const auto advance = [&](std::optional<std::string> to) {
    return write(*store, [=](Transaction& tx) { return advance_notice(tx, first, to); }).value();
  };
  EXPECT_TRUE(advance("ben"));
  EXPECT_FALSE(advance("carl")) << "this one has not seen that ben is done";
  EXPECT_FALSE(advance({}));
  const Notice again = notices(store).at(0);
  EXPECT_EQ(again.done_to, "ben");
  EXPECT_TRUE(write(*store, [=](Transaction& tx) { return advance_notice(tx, again, {}); }).value());
  EXPECT_EQ(notices(store).size(), 1u);
}

TEST(Windows, OneMailAndThenTheyAreCounted) {
  TempStore store;
  const auto open = [&](std::string user, WallMs now) {
    const Window window{
        .app = std::string(kApp), .group_id = "g", .user_id = user, .waiting = 0, .until = now + 100};
    return write(*store, [=](Transaction& tx) { return open_window(tx, window, now); }).value();
  };
  const auto due = [&](WallMs now) {
    return read(*store, [=](Transaction& tx) { return due_windows(tx, kApp, now, 10); }).value();
  };
  EXPECT_TRUE(open("ann", 0));
  EXPECT_FALSE(open("ann", 1));
  EXPECT_FALSE(open("ann", 99));
  EXPECT_TRUE(open("ben", 50));
  EXPECT_FALSE(open("ann", 100)) << "what waits is told first";
  const auto next = [&] {
    return read(*store, [](Transaction& tx) { return next_window(tx, kApp); }).value();
  };
  EXPECT_EQ(next(), 100);
  EXPECT_TRUE(due(99).empty());
  ASSERT_EQ(due(100).size(), 1u);
  const Window ann = due(100).at(0);
  const auto close = [&] {
    return write(*store, [=](Transaction& tx) { return close_window(tx, ann); }).value();
  };
  EXPECT_EQ(close(), 3);
  EXPECT_EQ(close(), std::nullopt);
  EXPECT_EQ(next(), 150);
  EXPECT_TRUE(open("ann", 100));
  EXPECT_TRUE(open("ben", 150)) << "over, though nobody has closed it";
}

TEST(Choices, AreAMembersOwn) {
  TempStore store;
  const auto muted = [&](std::string group, std::string user) {
    return read(*store, [=](Transaction& tx) { return is_muted(tx, kApp, group, user); }).value();
  };
  const auto token = [&](std::string user) {
    return write(*store, [=](Transaction& tx) { return unsubscribe_token(tx, kApp, "g", user); }).value();
  };
  EXPECT_FALSE(muted("g", "ann"));
  const std::string anns = token("ann");
  EXPECT_GE(anns.size(), 40u);
  EXPECT_EQ(token("ann"), anns);
  EXPECT_NE(token("ben"), anns);
  EXPECT_TRUE(write(*store, [=](Transaction& tx) { return unsubscribe(tx, kApp, anns); }).value());
  EXPECT_FALSE(write(*store, [=](Transaction& tx) { return unsubscribe(tx, kApp, "x"); }).value());
  EXPECT_TRUE(muted("g", "ann"));
  EXPECT_FALSE(muted("g", "ben"));
  EXPECT_FALSE(muted("h", "ann"));
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return set_muted(tx, kApp, "g", "ann", false); }));
  EXPECT_FALSE(muted("g", "ann"));
  EXPECT_EQ(token("ann"), anns);
}

TEST(Windows, OfTwoThatAreOpenedAtOnceOneIsTheFirst) {
  TempStore store;
  const auto open = [](Transaction& tx) { return open_window(tx, {"groups", "g", "ben", 0, 500}, 10); };
  const auto [first, second] = store::testing::overlap(store, open, open);
  EXPECT_EQ(first, true);
  EXPECT_EQ(second, false);
}

TEST(Windows, OneThatIsClosedTwiceAtOnceIsCountedOnce) {
  TempStore store;
  const Window window{"groups", "g", "ben", 0, 500};
  ASSERT_TRUE(write(*store, [=](Transaction& tx) { return open_window(tx, window, 10); }));
  const auto close = [=](Transaction& tx) { return close_window(tx, window); };
  const auto [first, second] = store::testing::overlap(store, close, close);
  EXPECT_EQ(first.value(), std::optional<std::int64_t>(0));
  EXPECT_EQ(second.value(), std::optional<std::int64_t>());
}

}  // namespace
}  // namespace belfry::mail
