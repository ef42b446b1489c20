#include "core/ids.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "core/clock.h"

namespace belfry {
namespace {

constexpr std::string_view kUrlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

TEST(Ids, SidsAreTwentyUrlSafeCharactersAndDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    const std::string sid = make_sid();
    ASSERT_EQ(sid.size(), 20u);
    ASSERT_EQ(sid.find_first_not_of(kUrlSafe), std::string::npos) << sid;
    ASSERT_TRUE(seen.insert(sid).second) << sid;
  }
}

TEST(Ids, ASidNamesItsShard) {
  for (int shard = 0; shard < 256; ++shard) {
    EXPECT_EQ(shard_of_sid(make_sid_on(static_cast<std::uint8_t>(shard))), shard);
  }
  EXPECT_EQ(shard_of_sid(""), -1);
  EXPECT_EQ(shard_of_sid("AAAA"), -1);
  EXPECT_EQ(shard_of_sid("A*AAAAAAAAAAAAAAAAAA"), -1);
  EXPECT_EQ(shard_of_sid(std::string(19, 'A')), -1);
}

TEST(Ids, ASidNamesItsNode) {
  const std::string sid = make_sid_on(7, "eu-1");
  EXPECT_EQ(sid.size(), kSidSize + 4);
  EXPECT_EQ(node_of_sid(sid), "eu-1");
  EXPECT_EQ(shard_of_sid(sid), 7);
  EXPECT_EQ(node_of_sid(make_sid_on(7)), "");
  for (const std::string& behind : {std::string("a b"), std::string("\n"), std::string(17, 'a')}) {
    EXPECT_EQ(node_of_sid(make_sid() + behind), "");
    EXPECT_EQ(shard_of_sid(make_sid() + behind), -1);
  }
  EXPECT_FALSE(is_node_tag(""));
  EXPECT_TRUE(is_node_tag(std::string(16, '_')));
}

TEST(Ids, Uuid7HasItsFormAndTheTime) {
  const WallMs before = wall_now_ms();
  const std::string id = make_uuid7();
  ASSERT_EQ(id.size(), 36u);
  for (const int dash : {8, 13, 18, 23}) EXPECT_EQ(id[dash], '-') << id;
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef-"), std::string::npos) << id;
  EXPECT_EQ(id[14], '7') << id;
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
  const WallMs time = std::stoll(id.substr(0, 8) + id.substr(9, 4), nullptr, 16);
  EXPECT_GE(time, before);
  EXPECT_LE(time, wall_now_ms() + 1000);
}

TEST(Ids, TheFirstUuid7OfAMillisecondIsBeforeAllOthersOfIt) {
  EXPECT_EQ(first_uuid7_of(0), "00000000-0000-7000-8000-000000000000");
  EXPECT_EQ(first_uuid7_of(-1), first_uuid7_of(0));
  const WallMs before = wall_now_ms();
  const std::string id = make_uuid7();
  EXPECT_LT(first_uuid7_of(before), id);
  EXPECT_GT(first_uuid7_of(wall_now_ms() + 1'000), id);
}

TEST(Ids, Uuid7sOfOneThreadAreInOrder) {
  std::string last;
  for (int i = 0; i < 20'000; ++i) {
    std::string id = make_uuid7();
    ASSERT_LT(last, id);
    last = std::move(id);
  }
}

TEST(Ids, Uuid7sOfManyThreadsDiffer) {
  std::vector<std::vector<std::string>> made(4);
  std::vector<std::thread> threads;
  for (auto& ids : made) {
    threads.emplace_back([&ids] {
      for (int i = 0; i < 5'000; ++i) ids.push_back(make_uuid7());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string> seen;
  for (const auto& ids : made) seen.insert(ids.begin(), ids.end());
  EXPECT_EQ(seen.size(), 20'000u);
}

TEST(Ids, RandomBytesFillAnySize) {
  std::vector<unsigned char> bytes(5'000, 0);
  random_bytes(bytes.data(), bytes.size());
  std::set<unsigned char> seen(bytes.begin(), bytes.end());
  EXPECT_GT(seen.size(), 200u);
}

}  // namespace
}  // namespace belfry
