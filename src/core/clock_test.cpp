#include "core/clock.h"

#include <gtest/gtest.h>

namespace belfry {
namespace {

TEST(Clock, WritesIsoTimes) {
  EXPECT_EQ(iso_time(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso_time(1767323045678), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(iso_time(951782400001), "2000-02-29T00:00:00.001Z");
  EXPECT_EQ(iso_time(-1), "1969-12-31T23:59:59.999Z");
}

TEST(Clock, ReadsWhatItWrites) {
  for (const WallMs time : {WallMs{0}, WallMs{1767323045678}, WallMs{-1}, wall_now_ms()}) {
    const auto read = parse_iso_time(iso_time(time));
    ASSERT_TRUE(read) << iso_time(time);
    EXPECT_EQ(*read, time);
  }
}

TEST(Clock, ReadsFractionsAndZones) {
  EXPECT_EQ(parse_iso_time("2026-01-02T03:04:05Z"), 1767323045000);
  EXPECT_EQ(parse_iso_time("2026-01-02T03:04:05.6Z"), 1767323045600);
  EXPECT_EQ(parse_iso_time("2026-01-02T03:04:05.678999Z"), 1767323045678);
  EXPECT_EQ(parse_iso_time("2026-01-02T05:34:05.678+02:30"), 1767323045678);
  EXPECT_EQ(parse_iso_time("2026-01-01T22:04:05.678-05:00"), 1767323045678);
}

TEST(Clock, RefusesEverythingElse) {
  for (const char* text :
       {"", "2026", "2026-01-02", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05.Z",
        "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-02T24:00:00Z", "2026-01-02T03:60:00Z",
        "2026-01-02T03:04:61Z", "2026-01-02T03:04:05Zx", "2026-01-02T03:04:05+2:00",
        "2026-01-02T03:04:05+24:00", "-026-01-02T03:04:05Z", "2026-1-02T03:04:05Z", "2026-01-02T03:04:-5Z"}) {
    const auto read = parse_iso_time(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::malformed) << text;
  }
}

TEST(Clock, LaterIsNeverEarlierHoweverLongTheDelay) {
  const TimePoint now = std::chrono::steady_clock::now();
  EXPECT_EQ(later(now, milliseconds(5)), now + milliseconds(5));
  EXPECT_EQ(later(now, milliseconds(-5)), now);
  EXPECT_EQ(later(now, milliseconds::min()), now);
  EXPECT_EQ(later(now, milliseconds::max()), TimePoint::max());
  EXPECT_EQ(later(TimePoint::max(), milliseconds(1)), TimePoint::max());
}

TEST(Clock, WallTimeIsOfThisCentury) {
  EXPECT_GT(wall_now_ms(), 1'700'000'000'000);
  EXPECT_LT(wall_now_ms(), 4'100'000'000'000);
}

}  // namespace
}  // namespace belfry
