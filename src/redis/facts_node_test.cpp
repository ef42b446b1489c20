#include "redis/facts_node.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "redis/facts_testing.h"

namespace belfry::redis {
namespace {

using testing::FakeNode;
using testing::FakeRedis;
using testing::pass;
using Told = std::vector<std::string>;

constexpr milliseconds kMoment{200};
constexpr milliseconds kLease{15'000};

class Facts : public ::testing::Test {
 protected:
  FakeRedis redis;
  FakeNode a{redis, "a"};
  FakeNode b{redis, "b"};

  void both(milliseconds time) { pass(redis, time, {&a, &b}); }
};

TEST_F(Facts, AreToldToTheOthersAndTakenBack) {
  a.put("user:ann", "1");
  both(kMoment);
  EXPECT_EQ(b.take(), Told{"+a user:ann 1"});
  EXPECT_EQ(a.take(), Told{}) << "one's own are no news";
  a.put("user:ann", "2");
  both(kMoment);
  a.put("user:ann", "2");
  both(kMoment);
  EXPECT_EQ(b.take(), Told{"+a user:ann 2"});
  a.remove("user:ann");
  both(kMoment);
  EXPECT_EQ(b.take(), Told{"-a user:ann"});
}

TEST_F(Facts, OfOneMomentAreOneMessage) {
  both(kMoment);
  const std::size_t before = redis.published.size();
  for (int i = 0; i < 100; ++i) a.put("user:" + std::to_string(i), "1");
  both(kMoment);
  EXPECT_EQ(redis.published.size(), before + 1);
  EXPECT_EQ(b.take().size(), 100u);
}

TEST_F(Facts, WhoComesLaterReadsThem) {
  a.put("user:ann", "1");
  both(kMoment);
  FakeNode c(redis, "c");
  pass(redis, kMoment, {&a, &b, &c});
  EXPECT_EQ(c.take(), Told{"+a user:ann 1"});
}

TEST_F(Facts, AMessageThatIsLostIsMadeGoodByTheNext) {
  both(kMoment);
  redis.loses = [](const auto&) { return true; };
  a.put("user:ann", "1");
  both(kMoment);
  EXPECT_EQ(b.take(), Told{});
  redis.loses = [](const auto&) { return false; };
  a.put("user:ben", "1");
  both(kMoment);
  auto told = b.take();
  std::ranges::sort(told);
  EXPECT_EQ(told, (Told{"+a user:ann 1", "+a user:ben 1"}));
  EXPECT_EQ(b.node.stats().gaps, 1);
}

TEST_F(Facts, TheLastMessageThatIsLostIsMadeGoodByTheRenewal) {
  a.put("user:ann", "1");
  both(kMoment);
  b.take();
  redis.loses = [](const auto&) { return true; };
  a.remove("user:ann");
  both(kMoment);
  redis.loses = [](const auto&) { return false; };
  both(kLease / 3);
  EXPECT_EQ(b.take(), Told{"-a user:ann"});
}

TEST_F(Facts, AMessageThatComesTwiceCountsOnce) {
  a.put("user:ann", "1");
  both(kMoment);
  a.put("user:ann", "2");
  both(kMoment);
  a.remove("user:ann");
  both(kMoment);
  b.take();
  for (const std::string& one : Told(redis.published)) redis.run({"PUBLISH", "", one});
  both(kMoment);
  EXPECT_EQ(b.take(), Told{});
}

TEST_F(Facts, ANodeThatDiesTakesItsFactsWithItWithinTheLease) {
  a.put("user:ann", "1");
  both(kLease + kLease / 2);
  b.take();
  const TimePoint died = redis.now;
  while (b.told.empty() && redis.now < died + 2 * kLease) pass(redis, milliseconds(50), {&b});
  EXPECT_EQ(b.take(), (Told{"-a user:ann", "gone a"}));
  EXPECT_LE(redis.now - died, kLease);
  EXPECT_GE(redis.now - died, kLease / 2) << "a short silence is none";
}

TEST_F(Facts, ANodeThatStopsTakesThemBackAtOnce) {
  a.put("user:ann", "1");
  both(kMoment);
  b.take();
  bool done = false;
  a.node.leave([&done] { done = true; });
  pass(redis, kMoment, {&b});
  EXPECT_TRUE(done);
  EXPECT_EQ(b.take(), (Told{"-a user:ann", "gone a"}));
  EXPECT_EQ(redis.keys(), 2u) << "b's hash and lease";
}

TEST_F(Facts, ANodeThatWasTakenForDeadComesBackWithAll) {
  a.put("user:ann", "1");
  both(kLease + kMoment);
  pass(redis, 2 * kLease, {&b});
  EXPECT_EQ(b.take(), (Told{"+a user:ann 1", "-a user:ann", "gone a"}));
  a.put("user:ben", "1");
  both(kLease);
  auto told = b.take();
  std::ranges::sort(told);
  EXPECT_EQ(told, (Told{"+a user:ann 1", "+a user:ben 1"}));
  EXPECT_EQ(a.anew, 1);
}

TEST_F(Facts, WhoIsThereIsKnownAfterOneLease) {
  FakeNode dead(redis, "dead");
  pass(redis, kMoment, {&dead});
  both(kLease - 2 * kMoment);
  EXPECT_EQ(b.known, std::set<std::string>());
  both(kLease);
  EXPECT_EQ(b.known, (std::set<std::string>{"a", "b"}));
}

TEST_F(Facts, NobodyGoesWhileRedisIsAway) {
  a.put("user:ann", "1");
  both(kLease + kMoment);
  b.take();
  a.client.set_reachable(false);
  b.client.set_reachable(false);
  both(3 * kLease);
  EXPECT_EQ(b.take(), Told{});
}

TEST_F(Facts, WhatHappenedWhileRedisWasAwayIsToldWhenItIsBackAndOnlyThat) {
  a.put("user:ann", "1");
  a.put("user:ben", "1");
  both(kLease + kMoment);
  b.take();
  for (FakeNode* node : {&a, &b}) node->client.set_reachable(false);
  both(kLease);
  a.remove("user:ben");
  a.put("user:cleo", "1");
  both(kLease);
  redis.wipe();  // another Redis at the same address
  for (FakeNode* node : {&b, &a}) node->client.set_reachable(true);
  both(3 * kLease);
  auto told = b.take();
  std::ranges::sort(told);
  // Ann under her new owner first, then no more under the old one.
  EXPECT_EQ(told, (Told{"+a user:ann 1", "+a user:cleo 1", "-a user:ann", "-a user:ben"}));
}

TEST_F(Facts, WhoDiedWhileRedisWasAwayIsTakenOutOneLeaseLater) {
  a.put("user:ann", "1");
  both(kLease + kMoment);
  b.take();
  a.client.reachable = false;
  b.client.set_reachable(false);
  pass(redis, 4 * kLease, {&b});
  b.client.set_reachable(true);
  pass(redis, kLease - kMoment, {&b});
  EXPECT_EQ(b.take(), Told{});
  pass(redis, kLease, {&b});
  EXPECT_EQ(b.take(), (Told{"-a user:ann", "gone a"}));
}

TEST_F(Facts, ARedisThatLostEverythingTakesNobodyOut) {
  a.put("user:ann", "1");
  both(kLease + kMoment);
  b.take();
  redis.wipe();
  both(3 * kLease);
  for (const std::string& one : b.take()) EXPECT_NE(one, "gone a");
  EXPECT_EQ(b.node.stats().facts, 1);
  EXPECT_EQ(a.node.stats().nodes, 1);
}

TEST_F(Facts, ANewEpochComesBeforeTheOldOneGoes) {
  for (int i = 0; i < 3'000; ++i) a.put("user:" + std::to_string(i), "1");
  both(kLease + kMoment);
  b.take();
  a.client.set_reachable(false);
  both(kMoment);
  a.client.set_reachable(true);
  both(kMoment);
  const Told told = b.take();
  ASSERT_EQ(told.size(), 6'000u);
  for (std::size_t i = 0; i < 3'000; ++i) {
    EXPECT_EQ(told[i][0], '+');
    EXPECT_EQ(told[3'000 + i][0], '-');
  }
}

TEST_F(Facts, AChangeThatRedisDidNotTakeIsPublishedAnew) {
  both(kMoment);
  a.client.reachable = false;  // and nobody has noticed
  a.put("user:ann", "1");
  both(kMoment);
  a.client.reachable = true;
  both(milliseconds(2'000));
  EXPECT_EQ(b.take(), Told{"+a user:ann 1"});
}

TEST_F(Facts, WhatIsNoMessageIsCountedAndNoMore) {
  both(kMoment);
  for (const char* text : {"", "null", "[]", R"({"owner":"x:1"})", R"({"owner":7})", "{\"owner\":\"x:y\"}",
                           R"({"owner":"x:1","number":1,"changes":[["a"]],"full":true,"left":false})",
                           R"({"owner":"x:1","number":1,"changes":{},"full":true,"left":false})"}) {
    redis.run({"PUBLISH", "", text});
  }
  both(kMoment);
  EXPECT_EQ(b.node.stats().malformed, 8);
  EXPECT_EQ(b.take(), Told{});
}

TEST(OwnFacts, AreBounded) {
  OwnFacts facts({.facts_max = 2, .value_max_bytes = 4});
  facts.begin({"a", 1});
  EXPECT_TRUE(facts.put("k:1", "1"));
  EXPECT_FALSE(facts.put("k:2", "12345"));
  EXPECT_TRUE(facts.put("k:2", "1"));
  EXPECT_FALSE(facts.put("k:3", "1"));
  facts.put("k:1", "12345");  // one that grew too large is gone
  EXPECT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts.refused(), 3u);
}

TEST(FactsDelta, IsReadAsItWasWritten) {
  const FactsDelta delta{
      .owner = {"a:b", 7}, .number = 3, .changes = {{"k:1", "v"}, {"k:2", std::nullopt}}, .full = true};
  EXPECT_EQ(*FactsDelta::parse(delta.text()), delta);
}

}  // namespace
}  // namespace belfry::redis
