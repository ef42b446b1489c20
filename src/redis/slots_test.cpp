#include "redis/slots.h"

#include <gtest/gtest.h>

namespace belfry::redis {

namespace {

Reply integer(std::int64_t value) {
  return {.kind = Reply::Kind::integer, .integer = value};
}
Reply text(std::string value) {
  return {.kind = Reply::Kind::text, .text = std::move(value)};
}
Reply array(std::vector<Reply> items) {
  return {.kind = Reply::Kind::array, .items = std::move(items)};
}
Reply error(std::string value) {
  return {.kind = Reply::Kind::error, .text = std::move(value)};
}
Reply range(std::int64_t first, std::int64_t last, const std::string& host, std::int64_t port) {
  return array({integer(first), integer(last), array({text(host), integer(port), text("id")})});
}

std::string key(const Command& command) {
  return std::string(first_key(command).value_or("none"));
}

const RedisAddress kAsked{"asked", 7000};

}  // namespace

// The values are what Redis 7 answers to CLUSTER KEYSLOT.
TEST(Slots, OfKeys) {
  EXPECT_EQ(slot_of(""), 0);
  EXPECT_EQ(slot_of("foo"), 12182);
  EXPECT_EQ(slot_of("123456789"), 12739);
  EXPECT_EQ(slot_of("{user1000}.following"), slot_of("user1000"));
  EXPECT_EQ(slot_of("foo{}{bar}"), 8363) << "an empty tag is none";
  EXPECT_EQ(slot_of("foo{{bar}}zap"), slot_of("{bar"));
  EXPECT_EQ(slot_of("foo{bar}{zap}"), slot_of("bar"));
  EXPECT_NE(slot_of("foo{bar"), slot_of("bar"));
}

TEST(Slots, OfCommands) {
  EXPECT_EQ(key({"GET", "a"}), "a");
  EXPECT_EQ(key({"publish", "room", "text"}), "room");
  EXPECT_EQ(key({"EVAL", "script", "2", "a", "b"}), "a");
  EXPECT_EQ(key({"eval", "script", "0", "a"}), "none");
  EXPECT_EQ(key({"XREAD", "COUNT", "5", "streams", "s", "0"}), "s");
  EXPECT_EQ(key({"XREADGROUP", "GROUP", "g", "c", "STREAMS"}), "none");
  EXPECT_EQ(key({"XINFO", "STREAM", "s"}), "s");
  EXPECT_EQ(key({"ZINTER", "2", "a", "b"}), "a");
  EXPECT_EQ(key({"PING"}), "none");
  EXPECT_EQ(key({"PUBSUB", "NUMSUB", "room"}), "none");
  EXPECT_EQ(key({"GET"}), "none");
  EXPECT_EQ(key({}), "none");
}

TEST(Slots, TheMapIsRead) {
  const auto map = read_slots(
      array({range(0, 99, "one", 7001), range(100, 16'000, "", 7002), range(16'383, 16'383, "one", 7001)}),
      kAsked);
  ASSERT_TRUE(map);
  EXPECT_EQ(map->masters.size(), 2U);
  EXPECT_EQ(*map->owner(99), (RedisAddress{"one", 7001}));
  EXPECT_EQ(*map->owner(100), (RedisAddress{"asked", 7002}));
  EXPECT_EQ(map->owner(16'001), nullptr);
  EXPECT_EQ(*map->owner(16'383), (RedisAddress{"one", 7001}));
}

TEST(Slots, WhatIsNoMapIsRefused) {
  for (const Reply& reply :
       {integer(1), array({}), array({integer(1)}), array({range(0, 16'384, "one", 1)}),
        array({range(-1, 5, "one", 1)}), array({range(5, 4, "one", 1)}), array({range(0, 5, "one", 0)}),
        array({range(0, 5, "one", 65'536)}), array({array({integer(0), integer(1), array({})})})}) {
    EXPECT_FALSE(read_slots(reply, kAsked));
  }
}

TEST(Slots, RedirectionsAreRead) {
  const auto moved = redirection_of(error("MOVED 3999 127.0.0.1:6381"), kAsked);
  ASSERT_TRUE(moved);
  EXPECT_FALSE(moved->once);
  EXPECT_EQ(moved->slot, 3999);
  EXPECT_EQ(moved->to, (RedisAddress{"127.0.0.1", 6381}));
  const auto ask = redirection_of(error("ASK 1 ::1:6381"), kAsked);
  ASSERT_TRUE(ask);
  EXPECT_TRUE(ask->once);
  EXPECT_EQ(ask->to, (RedisAddress{"::1", 6381}));
  EXPECT_EQ(redirection_of(error("MOVED 1 :5"), kAsked)->to, (RedisAddress{"asked", 5}));
  for (const char* wrong :
       {"ERR no", "MOVED", "MOVED x 1:1", "MOVED 16384 a:1", "MOVED 1 a", "MOVED 1 a:x", "MOVED 1 a:70000"}) {
    EXPECT_FALSE(redirection_of(error(wrong), kAsked)) << wrong;
  }
  EXPECT_FALSE(redirection_of(text("MOVED 1 a:1"), kAsked));
}

}  // namespace belfry::redis
