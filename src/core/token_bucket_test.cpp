#include "core/token_bucket.h"

#include <gtest/gtest.h>

namespace belfry {
namespace {

using namespace std::chrono_literals;

constexpr Rate kRate{.per_second = 10, .burst = 20};
const TimePoint kStart{std::chrono::hours(1)};

TEST(TokenBucket, OwesNothingForABurstAndThenATenthOfASecondForEach) {
  TokenBucket bucket;
  for (int i = 0; i < 20; ++i) bucket.take(kRate, kStart);
  EXPECT_EQ(bucket.owed(kRate, kStart), 0ns);
  bucket.take(kRate, kStart);
  EXPECT_EQ(bucket.owed(kRate, kStart), 100ms);
  bucket.take(kRate, kStart, 4);
  EXPECT_EQ(bucket.owed(kRate, kStart), 500ms);
  EXPECT_EQ(bucket.owed(kRate, kStart + 500ms), 0ns);
}

TEST(TokenBucket, GivesTheRateInTheLongRun) {
  TokenBucket bucket;
  TimePoint now = kStart;
  for (int i = 0; i < 20 + 1000; ++i) {
    bucket.take(kRate, now);
    now += bucket.owed(kRate, now);
  }
  EXPECT_EQ(now - kStart, 100s);
}

TEST(TokenBucket, IsFullAgainAfterAQuietTimeAndNoFuller) {
  TokenBucket bucket;
  for (int i = 0; i < 20; ++i) bucket.take(kRate, kStart);
  EXPECT_FALSE(bucket.full(kStart + 1999ms));
  EXPECT_TRUE(bucket.full(kStart + 2s));
  for (int i = 0; i < 21; ++i) bucket.take(kRate, kStart + 1h);
  EXPECT_EQ(bucket.owed(kRate, kStart + 1h), 100ms);
}

TEST(TokenBucket, SaysWhenOneMoreMayBeTaken) {
  TokenBucket bucket;
  EXPECT_EQ(bucket.until_one(kRate, kStart), 0ns);
  for (int i = 0; i < 20; ++i) bucket.take(kRate, kStart);
  EXPECT_EQ(bucket.until_one(kRate, kStart), 100ms);
  EXPECT_EQ(bucket.until_one(kRate, kStart + 100ms), 0ns);
}

TEST(TokenBucket, ABurstBelowASecondIsASecond) {
  constexpr Rate kOnlyRate{.per_second = 10};
  TokenBucket bucket;
  for (int i = 0; i < 10; ++i) bucket.take(kOnlyRate, kStart);
  EXPECT_EQ(bucket.owed(kOnlyRate, kStart), 0ns);
  bucket.take(kOnlyRate, kStart);
  EXPECT_GT(bucket.owed(kOnlyRate, kStart), 0ns);
}

TEST(TokenBucket, NoDebtIsTooLargeToReckonWith) {
  constexpr Rate kSlow{.per_second = 1e-9, .burst = 1};
  TokenBucket bucket;
  for (int i = 0; i < 3; ++i) bucket.take(kSlow, kStart, 1e18);
  EXPECT_GT(bucket.owed(kSlow, kStart), 23h);
  EXPECT_LE(bucket.owed(kSlow, kStart), 72h);
}

TEST(Meter, OwesForWhicheverIsShort) {
  constexpr RateLimits kLimits{.messages = {10, 10}, .bytes = {1000, 2000}};
  Meter meter;
  EXPECT_EQ(meter.take(kLimits, kStart, 2000), 0ns);
  EXPECT_EQ(meter.take(kLimits, kStart, 500), 500ms);
  EXPECT_EQ(meter.take({}, kStart, 1u << 30), 0ns) << "without bounds nothing is owed";
}

}  // namespace
}  // namespace belfry
