#include "apps/health/room_access.h"

#include <gtest/gtest.h>

#include "core/clock.h"
#include "store/testing.h"

namespace belfry::health {

namespace {

using store::Transaction;
using store::testing::TempStore;
using Pairs = std::vector<std::pair<std::string, std::string>>;

const Caller kAda{.user_id = "ada", .role = "patient"};
const Caller kDoctor{.user_id = "dr", .role = "provider"};
const Caller kStranger{.user_id = "eve", .role = "provider"};
const Caller kAdmin{.user_id = "root", .role = "admin"};

std::string made_visit(TempStore& store, std::string patient, std::vector<std::string> providers) {
  const NewVisit visit{
      .patient_id = std::move(patient), .provider_ids = std::move(providers), .scheduled_at = {}};
  return store::testing::write(*store, [visit](Transaction& tx) { return create_visit(tx, visit, "", 1); })
      ->id;
}

// What the caller is told; empty: may join.
std::string told(TempStore& store, const Caller& caller, const std::string& id, const std::string& type,
                 const std::optional<std::string>& visit_id = std::nullopt) {
  const TopicRules topics = *TopicRules::parse({"staff=provider+nurse"});
  const auto room = parse_room_id(id, type);
  if (!room) return room.error().message;
  const auto allowed = store::testing::read(
      *store, [&](Transaction& tx) { return check_room(tx, caller, *room, visit_id, topics); });
  return allowed ? "" : allowed.error().message;
}

constexpr const char* kDenied = "Access denied to this room";
constexpr const char* kNotFound = "Room not found";

}  // namespace

TEST(RoomId, IsATypeAndASubject) {
  const auto room = parse_room_id("visit:abc", "visit");
  ASSERT_TRUE(room);
  EXPECT_EQ(room->type, RoomType::visit);
  EXPECT_EQ(room->subject, "abc");
  for (const auto& [id, type] :
       std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                        {"visit", "visit"},
                                                        {"visit:", "visit"},
                                                        {"visit:a", "call"},
                                                        {"other:a", "other"},
                                                        {":a", ""},
                                                        {"topic:a b", "topic"},
                                                        {"chat:a", "chat"},
                                                        {"chat:b:a", "chat"},
                                                        {"chat:a:a", "chat"},
                                                        {"visit:" + std::string(1000, 'x'), "visit"},
                                                        {std::string("visit:\0", 7), "visit"}}) {
    EXPECT_FALSE(parse_room_id(id, type)) << id;
  }
}

TEST(RoomId, AChatIsReadInEveryWayThatItsIdsAllow) {
  EXPECT_EQ(parse_room_id("chat:ada:dr", "chat")->pairs(), (Pairs{{"ada", "dr"}}));
  EXPECT_EQ(parse_room_id("chat:a:b:c", "chat")->pairs(), (Pairs{{"a", "b:c"}, {"a:b", "c"}}));
}

TEST(RoomAccess, VisitAndCallAreForTheVisitsOwnAndAdmins) {
  TempStore store;
  const std::string visit = made_visit(store, "ada", {"dr"});
  for (const std::string type : {"visit", "call"}) {
    const std::string id = type + ":" + visit;
    EXPECT_EQ(told(store, kAda, id, type), "");
    EXPECT_EQ(told(store, kDoctor, id, type), "");
    EXPECT_EQ(told(store, kAdmin, id, type), "");
    EXPECT_EQ(told(store, kStranger, id, type), kDenied);
    EXPECT_EQ(told(store, kAda, type + ":nothing", type), kDenied);
    EXPECT_EQ(told(store, kAda, id, type, visit), "");
    EXPECT_EQ(told(store, kAda, id, type, "another"), kDenied);
    EXPECT_EQ(told(store, kAda, id, "chat"), kNotFound);
  }
}

TEST(RoomAccess, AChatNeedsAVisitThatRelatesBoth) {
  TempStore store;
  const std::string visit = made_visit(store, "ada", {"dr", "dr2"});
  const std::string other = made_visit(store, "bob", {"dr"});
  EXPECT_EQ(told(store, kAda, "chat:ada:dr", "chat"), "");
  EXPECT_EQ(told(store, kDoctor, "chat:ada:dr", "chat", visit), "");
  EXPECT_EQ(told(store, kDoctor, "chat:ada:dr", "chat", other), kDenied);
  EXPECT_EQ(told(store, kDoctor, "chat:dr:dr2", "chat"), "") << "providers of one visit";
  EXPECT_EQ(told(store, kAda, "chat:ada:bob", "chat"), kDenied);
  EXPECT_EQ(told(store, kStranger, "chat:ada:dr", "chat"), kDenied);
  EXPECT_EQ(told(store, kAdmin, "chat:ada:dr", "chat"), "");
  EXPECT_EQ(told(store, kAdmin, "chat:ada:dr", "chat", other), kDenied);
}

TEST(RoomAccess, NotificationsAreOnesOwnAndTopicsEverybodys) {
  TempStore store;
  EXPECT_EQ(told(store, kAda, "notifications:ada", "notifications"), "");
  EXPECT_EQ(told(store, kDoctor, "notifications:ada", "notifications"), kDenied);
  EXPECT_EQ(told(store, kAdmin, "notifications:ada", "notifications"), "");
  EXPECT_EQ(told(store, kStranger, "topic:news", "topic"), "");
  EXPECT_EQ(told(store, kAda, "topic:staff", "topic"), kDenied);
  EXPECT_EQ(told(store, kDoctor, "topic:staff", "topic"), "");
  EXPECT_EQ(told(store, kAdmin, "topic:staff", "topic"), "");
}

TEST(TopicRules, AreATopicAndItsRoles) {
  const auto rules = TopicRules::parse({"a=x+y", "b=z"});
  ASSERT_TRUE(rules);
  EXPECT_EQ(rules->roles.at("a"), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(rules->roles.at("b"), std::vector<std::string>{"z"});
  for (const char* wrong : {"", "a", "a=", "=x"}) EXPECT_FALSE(TopicRules::parse({wrong})) << wrong;
}

}  // namespace belfry::health
