#include "services/rooms/rooms.h"

#include <gtest/gtest.h>

#include <random>

namespace belfry::rooms {
namespace {

using std::chrono::seconds;

constexpr TimePoint kStart = TimePoint(seconds(1'000));

std::vector<std::string> users(const std::vector<Participant>& participants) {
  std::vector<std::string> out;
  for (const auto& participant : participants) out.push_back(participant.user_id);
  return out;
}

TEST(Rooms, AUserComesWithTheFirstDeviceAndGoesWithTheLast) {
  Rooms rooms;
  EXPECT_TRUE(rooms.join("r", {"anna", "patient", "a1"}, 1)->first_device);
  EXPECT_FALSE(rooms.join("r", {"anna", "patient", "a2"}, 2)->first_device);
  EXPECT_TRUE(rooms.join("r", {"ben", "provider", "b1"}, 3)->first_device);

  const auto first = rooms.leave("r", "a1");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->user_id, "anna");
  EXPECT_FALSE(first->last_device);
  EXPECT_EQ(users(rooms.participants("r")), (std::vector<std::string>{"anna", "ben"}));
  EXPECT_TRUE(rooms.leave("r", "a2")->last_device);
  EXPECT_EQ(users(rooms.participants("r")), std::vector<std::string>{"ben"});
}

TEST(Rooms, ParticipantsAreInOrderOfJoining) {
  Rooms rooms;
  ASSERT_TRUE(rooms.join("r", {"zoe", "user", "z1", {{"mood", "glad"}}}, 10));
  ASSERT_TRUE(rooms.join("r", {"ben", "user", "b1"}, 10));
  ASSERT_TRUE(rooms.join("r", {"early", "user", "e1"}, 5));
  const auto joined = rooms.join("r", {"anna", "admin", "a1"}, 20);
  EXPECT_EQ(users(joined->participants), (std::vector<std::string>{"early", "zoe", "ben", "anna"}));
  EXPECT_EQ(joined->participants[1], (Participant{"zoe", "user", {{"mood", "glad"}}, 10}));
  EXPECT_EQ(rooms.participants("r"), joined->participants);
  EXPECT_TRUE(rooms.participants("other").empty());
}

TEST(Rooms, JoiningAgainChangesRoleAndMetadataOnly) {
  Rooms rooms;
  ASSERT_TRUE(rooms.join("r", {"anna", "user", "a1", "old"}, 1));
  const auto again = rooms.join("r", {"anna", "admin", "a1", "new"}, 2);
  EXPECT_FALSE(again->first_device);
  EXPECT_EQ(again->participants, (std::vector{Participant{"anna", "admin", "new", 1}}));
  EXPECT_TRUE(rooms.leave("r", "a1")->last_device);
}

TEST(Rooms, LeavingWhereOneIsNotIsNothing) {
  Rooms rooms;
  ASSERT_TRUE(rooms.join("r", {"anna", "user", "a1"}, 1));
  EXPECT_FALSE(rooms.leave("r", "b1"));
  EXPECT_FALSE(rooms.leave("other", "a1"));
  EXPECT_TRUE(rooms.leave("r", "a1"));
  EXPECT_FALSE(rooms.leave("r", "a1"));
  EXPECT_TRUE(rooms.drop("a1").empty());
}

TEST(Rooms, ADroppedSocketLeavesAllItsRooms) {
  Rooms rooms;
  for (const char* room : {"r1", "r2", "r3"}) ASSERT_TRUE(rooms.join(room, {"anna", "user", "a1"}, 1));
  ASSERT_TRUE(rooms.join("r2", {"anna", "user", "a2"}, 1));
  EXPECT_EQ(rooms.size(), 3u);
  const auto left = rooms.drop("a1");
  ASSERT_EQ(left.size(), 3u);
  for (const auto& one : left) EXPECT_EQ(one.last_device, one.room != "r2") << one.room;
  EXPECT_EQ(rooms.size(), 1u);
  EXPECT_TRUE(rooms.has("r2", "a2"));
  EXPECT_FALSE(rooms.has("r2", "a1"));
}

TEST(Rooms, BoundsHoldAndARefusedJoinLeavesNothing) {
  Rooms rooms({.participants_max = 2, .rooms_max = 2, .metadata_max_bytes = 10});
  ASSERT_TRUE(rooms.join("r", {"a", "user", "a1"}, 1));
  ASSERT_TRUE(rooms.join("r", {"b", "user", "b1"}, 1));
  EXPECT_EQ(rooms.join("r", {"c", "user", "c1"}, 1).error().kind, ErrorKind::too_large);
  EXPECT_TRUE(rooms.join("r", {"a", "user", "a2"}, 1)) << "a second device is no further participant";
  ASSERT_TRUE(rooms.join("r2", {"a", "user", "a1"}, 1));
  EXPECT_EQ(rooms.join("r3", {"a", "user", "a1"}, 1).error().kind, ErrorKind::too_large);
  EXPECT_TRUE(rooms.join("r2", {"a", "user", "a1"}, 1)) << "it is in there already";
  EXPECT_EQ(rooms.join("r4", {"d", "user", "d1", std::string(9, 'x')}, 1).error().field, "metadata");
  EXPECT_EQ(rooms.join("r", {"b", "user", "a1"}, 1).error().kind, ErrorKind::conflict);
  EXPECT_EQ(rooms.size(), 2u);
  EXPECT_TRUE(rooms.drop("c1").empty());
}

class TypingTest : public ::testing::Test {
 protected:
  TypingTest() {
    for (const char* room : {"r", "s"}) {
      (void)rooms_.join(room, {"anna", "user", "a1"}, 1);
      (void)rooms_.join(room, {"anna", "user", "a2"}, 1);
      (void)rooms_.join(room, {"ben", "user", "b1"}, 1);
    }
  }
  Rooms rooms_;
};

TEST_F(TypingTest, AStartIsToldOnceAndAStopOnce) {
  EXPECT_EQ(rooms_.start_typing("r", "a1", kStart), true);
  EXPECT_EQ(rooms_.start_typing("r", "a1", kStart), false);
  EXPECT_EQ(rooms_.stop_typing("r", "a1"), true);
  EXPECT_EQ(rooms_.stop_typing("r", "a1"), false);
  EXPECT_EQ(rooms_.start_typing("r", "a1", kStart), true);
}

TEST_F(TypingTest, AUserTypesWhileAnyDeviceDoes) {
  EXPECT_EQ(rooms_.start_typing("r", "a1", kStart), true);
  EXPECT_EQ(rooms_.start_typing("r", "a2", kStart), false);
  EXPECT_EQ(rooms_.stop_typing("r", "a1"), false);
  EXPECT_EQ(rooms_.stop_typing("r", "a2"), true);
}

TEST_F(TypingTest, AStartThatIsNotRenewedStopsByItself) {
  EXPECT_EQ(rooms_.next_deadline(), std::nullopt);
  ASSERT_TRUE(rooms_.start_typing("r", "a1", kStart));
  ASSERT_TRUE(rooms_.start_typing("r", "b1", kStart + seconds(1)));
  EXPECT_EQ(rooms_.next_deadline(), kStart + seconds(5));
  ASSERT_TRUE(rooms_.start_typing("r", "a1", kStart + seconds(3)));
  EXPECT_EQ(rooms_.next_deadline(), kStart + seconds(6));
  EXPECT_TRUE(rooms_.expired(kStart + seconds(6) - milliseconds(1)).empty());
  EXPECT_EQ(rooms_.expired(kStart + seconds(6)), (std::vector{TypingStopped{"r", "ben"}}));
  EXPECT_EQ(rooms_.expired(kStart + seconds(60)), (std::vector{TypingStopped{"r", "anna"}}));
  EXPECT_EQ(rooms_.next_deadline(), std::nullopt);
  EXPECT_EQ(rooms_.start_typing("r", "a1", kStart + seconds(61)), true);
}

TEST_F(TypingTest, ExpiryOfOneDeviceOfTwoIsNotTold) {
  ASSERT_TRUE(rooms_.start_typing("r", "a1", kStart));
  ASSERT_TRUE(rooms_.start_typing("r", "a2", kStart + seconds(2)));
  EXPECT_TRUE(rooms_.expired(kStart + seconds(5)).empty());
  EXPECT_EQ(rooms_.expired(kStart + seconds(7)), (std::vector{TypingStopped{"r", "anna"}}));
}

TEST_F(TypingTest, OneWhoLeavesStops) {
  ASSERT_TRUE(rooms_.start_typing("r", "b1", kStart));
  ASSERT_TRUE(rooms_.start_typing("s", "a1", kStart));
  EXPECT_TRUE(rooms_.leave("r", "b1")->stopped_typing);
  for (const auto& left : rooms_.drop("a1")) {
    EXPECT_EQ(left.stopped_typing, left.room == "s");
    EXPECT_FALSE(left.last_device);
  }
  EXPECT_EQ(rooms_.next_deadline(), std::nullopt);
}

TEST_F(TypingTest, OutsideOfTheRoomItIsRefused) {
  EXPECT_EQ(rooms_.start_typing("r", "x1", kStart).error(),
            (Error{ErrorKind::forbidden, "Access denied to this room"}));
  EXPECT_FALSE(rooms_.start_typing("t", "a1", kStart));
  EXPECT_FALSE(rooms_.stop_typing("t", "a1"));
}

TEST(Rooms, AUserIsThereWhileAnyNodeHasADevice) {
  Rooms rooms;
  const Participant anna{
      .user_id = "anna", .role = "patient", .metadata = {{"mood", "glad"}}, .joined_at = 5};
  EXPECT_TRUE(rooms.join_elsewhere("r", "b:1", anna));
  EXPECT_FALSE(rooms.join_elsewhere("r", "c:1", anna));
  const auto joined = rooms.join("r", {"anna", "patient", "a1"}, 9);
  EXPECT_FALSE(joined->first_device);
  EXPECT_EQ(joined->participants[0].joined_at, 5) << "when the first came";
  EXPECT_EQ(rooms.find("r", "anna")->metadata, Value());

  EXPECT_FALSE(rooms.leave_elsewhere("r", "b:1", "anna")->last_device);
  const auto here = rooms.leave("r", "a1");
  EXPECT_TRUE(here->last_here);
  EXPECT_FALSE(here->last_device);
  EXPECT_EQ(rooms.leave_elsewhere("r", "b:1", "anna"), std::nullopt) << "twice";
  EXPECT_TRUE(rooms.leave_elsewhere("r", "c:1", "anna")->last_device);
  EXPECT_EQ(rooms.size(), 0u);
  EXPECT_EQ(rooms.leave_elsewhere("r", "c:1", "anna"), std::nullopt);
}

TEST(Rooms, AUserTypesWhileAnyNodeSaysSo) {
  std::vector<std::string> here;
  Rooms rooms({}, [&here](const std::string&, const std::string& user, bool types) {
    here.push_back((types ? "+" : "-") + user);
  });
  ASSERT_TRUE(rooms.join("r", {"anna", "patient", "a1"}, 1));
  EXPECT_TRUE(rooms.type_elsewhere("r", "b:1", "anna", true));
  EXPECT_EQ(rooms.start_typing("r", "a1", kStart), false);
  EXPECT_FALSE(rooms.type_elsewhere("r", "b:1", "anna", false));
  EXPECT_EQ(rooms.expired(kStart + seconds(6)), (std::vector<TypingStopped>{{"r", "anna"}}));
  EXPECT_EQ(here, (std::vector<std::string>{"+anna", "-anna"}));
  EXPECT_FALSE(rooms.type_elsewhere("r", "b:1", "anna", false)) << "twice";

  EXPECT_TRUE(rooms.type_elsewhere("r", "b:1", "ben", true));
  EXPECT_TRUE(rooms.expired(kStart + seconds(60)).empty()) << "that node says when it ends";
  EXPECT_TRUE(rooms.join_elsewhere("r", "b:1", {.user_id = "ben", .role = "provider", .metadata = {}}));
  EXPECT_TRUE(rooms.leave_elsewhere("r", "b:1", "ben")->stopped_typing);
}

TEST(Rooms, NothingIsLeftOnceAllHaveGone) {
  Rooms rooms;
  std::mt19937 random(3);
  TimePoint now = kStart;
  for (int i = 0; i < 20'000; ++i) {
    const std::string room = "r" + std::to_string(random() % 5);
    const std::string user = std::to_string(random() % 4);
    const std::string socket = user + "-" + std::to_string(random() % 3);
    now += milliseconds(random() % 300);
    switch (random() % 6) {
      case 0:
      case 1:
        ASSERT_TRUE(rooms.join(room, {user, "user", socket}, i));
        break;
      case 2:
        (void)rooms.leave(room, socket);
        break;
      case 3:
        (void)rooms.drop(socket);
        break;
      case 4:
        ASSERT_EQ(rooms.start_typing(room, socket, now).has_value(), rooms.has(room, socket));
        break;
      default:
        (void)rooms.expired(now);
    }
  }
  for (int user = 0; user < 4; ++user) {
    for (int device = 0; device < 3; ++device) {
      (void)rooms.drop(std::to_string(user) + "-" + std::to_string(device));
    }
  }
  EXPECT_EQ(rooms.size(), 0u);
  EXPECT_EQ(rooms.next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace belfry::rooms
