#include "auth/rate_limit.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace belfry::auth {
namespace {

using std::chrono::seconds;

constexpr TimePoint kStart = TimePoint(seconds(1'000));

TEST(RateLimit, OfThirtyTheThirtiethPassesAndTheNextFails) {
  MemoryRateLimiter limiter({.max_times = 30});
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(limiter.take("a", kStart + seconds(i))) << i;
  const auto refused = limiter.take("a", kStart + seconds(30));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::rate_limited);
  EXPECT_EQ(refused.error().message, "Rate limit exceeded");
  EXPECT_EQ(refused.error().retry_after_ms, 30'000);
  EXPECT_EQ(limiter.take("a", kStart + seconds(60) - std::chrono::microseconds(1)).error().retry_after_ms, 1);
  EXPECT_TRUE(limiter.take("a", kStart + seconds(60)));
  EXPECT_FALSE(limiter.take("a", kStart + seconds(60)));
  EXPECT_TRUE(limiter.take("a", kStart + seconds(61)));
}

TEST(RateLimit, WhatIsRefusedIsNotCounted) {
  MemoryRateLimiter limiter({.max_times = 1});
  ASSERT_TRUE(limiter.take("a", kStart));
  for (int i = 1; i < 60; ++i) EXPECT_FALSE(limiter.take("a", kStart + seconds(i)));
  EXPECT_TRUE(limiter.take("a", kStart + seconds(60)));
}

TEST(RateLimit, KeysAreCountedApart) {
  MemoryRateLimiter limiter({.max_times = 1});
  EXPECT_TRUE(limiter.take("a", kStart));
  EXPECT_TRUE(limiter.take("b", kStart));
  EXPECT_FALSE(limiter.take("a", kStart));
  EXPECT_FALSE(limiter.take("b", kStart));
}

TEST(RateLimit, NoLimitNeverFailsAndRemembersNothing) {
  MemoryRateLimiter limiter({.max_times = 0});
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(limiter.take("a", kStart));
  EXPECT_EQ(limiter.size(), 0u);
}

TEST(RateLimit, TheNumberOfKeysIsBounded) {
  MemoryRateLimiter limiter({.max_times = 1}, 3);
  for (const char* key : {"a", "b", "c", "d"}) EXPECT_TRUE(limiter.take(key, kStart));
  EXPECT_EQ(limiter.size(), 3u);
  EXPECT_FALSE(limiter.take("d", kStart));
  EXPECT_FALSE(limiter.take("b", kStart));
  EXPECT_TRUE(limiter.take("a", kStart)) << "the one that passed longest ago is forgotten";
}

TEST(RateLimit, QuietKeysAreForgotten) {
  MemoryRateLimiter limiter({.max_times = 5});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(limiter.take(std::to_string(i), kStart));
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(limiter.take("a" + std::to_string(i), kStart + seconds(60)));
  EXPECT_EQ(limiter.size(), 60u);
}

TEST(RateLimit, AgreesWithAPlainCountOverAnySequence) {
  std::mt19937 random(7);
  MemoryRateLimiter limiter({.max_times = 4, .window = milliseconds(1'000)});
  std::deque<TimePoint> passed;
  TimePoint now = kStart;
  for (int i = 0; i < 5'000; ++i) {
    now += milliseconds(random() % 400);
    while (!passed.empty() && passed.front() + milliseconds(1'000) <= now) passed.pop_front();
    const bool expected = passed.size() < 4;
    ASSERT_EQ(limiter.take("k", now).has_value(), expected) << i;
    if (expected) passed.push_back(now);
  }
}

TEST(RateLimit, ABusyKeyIsRememberedForAWindowOnly) {
  MemoryRateLimiter limiter({.max_times = 1'000'000});
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(limiter.take("a", kStart + seconds(i)));
  EXPECT_LE(limiter.passes("a"), 2u * 60u);
}

TEST(RateLimit, NoWindowIsTooShortByAFractionOfAMillisecond) {
  using std::chrono::microseconds;
  MemoryRateLimiter limiter({.max_times = 1});
  ASSERT_TRUE(limiter.take("a", kStart + microseconds(900)));
  EXPECT_FALSE(limiter.take("a", kStart + microseconds(950)));
  EXPECT_FALSE(limiter.take("a", kStart + seconds(60) + microseconds(899)));
  EXPECT_TRUE(limiter.take("a", kStart + seconds(60) + microseconds(1'000)));
}

TEST(RateLimit, TimesOfAnyAgeAreTold) {
  MemoryRateLimiter limiter({.max_times = 2});
  for (const auto days : {0, 49, 50, 99, 5'000}) {
    const TimePoint now = kStart + std::chrono::hours(24 * days);
    EXPECT_TRUE(limiter.take("a", now)) << days;
    EXPECT_TRUE(limiter.take("a", now)) << days;
    EXPECT_FALSE(limiter.take("a", now)) << days;
  }
}

TEST(RateLimit, AnswersThroughTheInterfaceAtOnce) {
  MemoryRateLimiter memory({.max_times = 1});
  RateLimiter& limiter = memory;
  int good = 0, bad = 0;
  for (int i = 0; i < 3; ++i)
    limiter.check("a", kStart, [&](Result<void> result) { ++(result ? good : bad); });
  EXPECT_EQ(good, 1);
  EXPECT_EQ(bad, 2);
}

}  // namespace
}  // namespace belfry::auth
