#include "services/presence/presence.h"

#include <gtest/gtest.h>

#include "services/presence/last_seen.h"
#include "store/testing.h"

namespace belfry::presence {
namespace {

constexpr WallMs kWall = 1'767'323'045'678;
constexpr milliseconds kBatch{200};
constexpr milliseconds kGrace{5'000};

TimePoint at(int ms) {
  return TimePoint() + std::chrono::hours(1) + milliseconds(ms);
}

std::vector<std::string> statuses(const std::vector<Presence>& told) {
  std::vector<std::string> out;
  for (const auto& one : told) out.push_back(one.user_id + " " + std::string(name_of(one.status)));
  return out;
}
using Told = std::vector<std::string>;

TEST(Presence, AUserIsOnlineFromTheFirstDeviceToTheLast) {
  Directory directory;
  EXPECT_TRUE(directory.connect("ann", "phone", at(0), kWall));
  EXPECT_FALSE(directory.connect("ann", "laptop", at(0), kWall));
  EXPECT_EQ(directory.find("ann")->status, Status::online);
  EXPECT_EQ(statuses(directory.due(at(200))), Told{"ann online"});
  EXPECT_FALSE(directory.disconnect("ann", "phone", at(300), kWall));
  EXPECT_EQ(directory.next_deadline(), std::nullopt);
  EXPECT_TRUE(directory.disconnect("ann", "laptop", at(400), kWall + 1));
  EXPECT_FALSE(directory.disconnect("ann", "laptop", at(400), kWall + 2)) << "it has gone already";
  EXPECT_EQ(directory.next_deadline(), at(400) + kGrace);
  EXPECT_EQ(directory.due(at(5'399)), std::vector<Presence>());
  EXPECT_EQ(directory.find("ann")->status, Status::online);
  const auto gone = directory.due(at(5'400));
  EXPECT_EQ(statuses(gone), Told{"ann offline"});
  EXPECT_EQ(gone[0].last_seen, kWall + 1);
  EXPECT_EQ(directory.find("ann"), std::nullopt);
  EXPECT_EQ(directory.next_deadline(), std::nullopt);
}

TEST(Presence, WhoIsBackInTimeWasNeverAway) {
  Directory directory;
  directory.connect("ann", "phone", at(0), kWall);
  directory.choose("ann", Status::busy, "in a meeting", at(0), kWall);
  directory.due(at(200));
  directory.disconnect("ann", "phone", at(1'000), kWall);
  directory.connect("ann", "phone 2", at(5'999), kWall);
  EXPECT_EQ(directory.due(at(20'000)), std::vector<Presence>());
  EXPECT_EQ(directory.find("ann")->custom_status, "in a meeting");
}

TEST(Presence, ChangesWithinTheBatchAreToldAsOneAndNoneIfNothingIsLeftOfThem) {
  Directory directory;
  directory.connect("ann", "phone", at(0), kWall);
  directory.due(at(200));
  directory.choose("ann", Status::away, std::nullopt, at(1'000), kWall);
  directory.choose("ann", Status::busy, std::nullopt, at(1'100), kWall);
  EXPECT_EQ(directory.next_deadline(), at(1'000) + kBatch);
  EXPECT_EQ(statuses(directory.due(at(1'200))), Told{"ann busy"});
  directory.choose("ann", Status::online, std::nullopt, at(2'000), kWall);
  directory.choose("ann", Status::busy, std::nullopt, at(2'100), kWall);
  EXPECT_EQ(directory.due(at(2'200)), std::vector<Presence>());
}

TEST(Presence, ACallHidesWhatWasChosenAndGivesItBack) {
  Directory directory;
  directory.connect("ann", "phone", at(0), kWall);
  directory.choose("ann", Status::away, "lunch", at(0), kWall);
  directory.due(at(200));
  directory.set_in_call("ann", true, at(300));
  EXPECT_EQ(statuses(directory.due(at(500))), Told{"ann in_call"});
  EXPECT_EQ(directory.choose("ann", Status::busy, std::nullopt, at(600), kWall)->status, Status::in_call);
  EXPECT_EQ(directory.due(at(800))[0].custom_status, std::nullopt);
  directory.set_in_call("ann", false, at(900));
  EXPECT_EQ(statuses(directory.due(at(1'100))), Told{"ann busy"});
}

TEST(Presence, WhoIsNotThereCanChooseNothing) {
  Directory directory;
  EXPECT_EQ(directory.choose("ann", Status::busy, std::nullopt, at(0), kWall), std::nullopt);
  directory.set_in_call("ann", true, at(0));
  EXPECT_EQ(directory.find("ann"), std::nullopt);
}

TEST(Presence, ABriefVisitIsNeverToldWhereBothEndsFallTogether) {
  Directory directory({.batch = kGrace, .offline_grace = kGrace});
  directory.connect("ann", "phone", at(0), kWall);
  directory.disconnect("ann", "phone", at(0), kWall);
  EXPECT_EQ(directory.due(at(5'000)), std::vector<Presence>());
  EXPECT_EQ(directory.next_deadline(), std::nullopt);
}

TEST(Presence, BothEndsMayBeLookedAtLate) {
  Directory directory;
  directory.connect("ann", "phone", at(0), kWall);
  directory.due(at(200));
  directory.disconnect("ann", "phone", at(1'000), kWall);
  directory.set_in_call("ann", true, at(5'900));
  EXPECT_EQ(statuses(directory.due(at(9'000))), Told{"ann offline"});
  EXPECT_EQ(directory.next_deadline(), std::nullopt);
  EXPECT_EQ(directory.due(at(10'000)), std::vector<Presence>());
}

TEST(Presence, CountsUsersByStatus) {
  Directory directory;
  directory.connect("ann", "1", at(0), kWall);
  directory.connect("ben", "2", at(0), kWall);
  directory.choose("ben", Status::busy, std::nullopt, at(0), kWall);
  const auto counts = directory.counts();
  EXPECT_EQ(counts[static_cast<std::size_t>(Status::online)], 1u);
  EXPECT_EQ(counts[static_cast<std::size_t>(Status::busy)], 1u);
  EXPECT_EQ(counts[static_cast<std::size_t>(Status::offline)], 0u);
}

TEST(Presence, AUserStaysWhileAnyNodeHasADevice) {
  Directory directory;
  directory.connect("ann", "phone", at(0), kWall);
  EXPECT_FALSE(directory.connect_elsewhere("ann", "b:1", {}, at(0), kWall));
  directory.due(at(200));
  EXPECT_TRUE(directory.disconnect("ann", "phone", at(300), kWall)) << "the last of this node";
  EXPECT_EQ(directory.due(at(20'000)), std::vector<Presence>());
  EXPECT_TRUE(directory.is_elsewhere("ann"));
  directory.connect_elsewhere("ann", "b:2", {}, at(20'000), kWall);
  directory.disconnect_elsewhere("ann", "b:1", at(20'000), kWall);
  EXPECT_EQ(directory.due(at(30'000)), std::vector<Presence>()) << "the node has begun anew";
  directory.disconnect_elsewhere("ann", "b:2", at(30'000), kWall + 7);
  directory.disconnect_elsewhere("ann", "c:1", at(30'000), kWall + 9);
  const auto gone = directory.due(at(35'000));
  EXPECT_EQ(statuses(gone), Told{"ann offline"});
  EXPECT_EQ(gone[0].last_seen, kWall + 7);
}

TEST(Presence, TheLatestChoiceHoldsWhereverItWasMade) {
  Directory directory;
  directory.connect("ann", "phone", at(0), kWall);
  EXPECT_TRUE(directory.connect_elsewhere("ann", "b:1", {kWall + 1, Status::busy, "lunch"}, at(0), kWall));
  EXPECT_EQ(directory.find("ann")->status, Status::busy);
  EXPECT_FALSE(directory.connect_elsewhere("ann", "c:1", {kWall, Status::away, {}}, at(0), kWall)) << "older";
  EXPECT_EQ(directory.find("ann")->custom_status, "lunch");
  directory.choose("ann", Status::online, std::nullopt, at(0), kWall);
  EXPECT_GT(directory.choice("ann").at, kWall + 1) << "even where this clock is behind";
  EXPECT_FALSE(directory.connect_elsewhere("ben", "b:1", {kWall, Status::away, {}}, at(0), kWall))
      << "no device of this node is to tell of it";
  EXPECT_EQ(directory.find("ben")->status, Status::away);
}

TEST(Presence, OnlySomeStatusesMayBeChosen) {
  EXPECT_EQ(chosen_status("away"), Status::away);
  for (const char* name : {"offline", "in_call", "", "Online"}) EXPECT_EQ(chosen_status(name), std::nullopt);
}

TEST(LastSeen, IsTheLatestAndIsKept) {
  store::testing::TempStore store;
  for (const WallMs when : {kWall, kWall + 5, kWall + 2}) {
    ASSERT_TRUE(
        store::testing::write(*store, [=](store::Transaction& tx) { return note_seen(tx, "ann", when); }));
  }
  store.reopen();
  const auto seen =
      store::testing::read(*store, [](store::Transaction& tx) { return last_seen(tx, {"ann", "ben"}); });
  EXPECT_EQ(*seen, (std::unordered_map<std::string, WallMs>{{"ann", kWall + 5}}));
}

}  // namespace
}  // namespace belfry::presence
