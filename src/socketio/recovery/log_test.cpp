// The log of events that can be recovered: its bounds, and where an event stands.
#include "socketio/recovery/log.h"

#include <gtest/gtest.h>

namespace belfry::socketio {

namespace {

constexpr TimePoint kStart{};
constexpr milliseconds kAge{1'000};

LoggedEvent event(EventNumber number, std::size_t bytes = 10) {
  Encoded encoded;
  encoded.frames = std::string(bytes, 'x');
  return {number, std::make_shared<const Encoded>(std::move(encoded)), std::make_shared<const Target>()};
}

}  // namespace

TEST(RecoveryLog, FindsAnEventByItsNumberWhateverTheOrder) {
  RecoveryLog log(1 << 20, kAge);
  EXPECT_EQ(log.add(event(7), kStart), 0u);
  EXPECT_EQ(log.add(event(3), kStart), 1u);
  EXPECT_EQ(log.find(7), 0u);
  EXPECT_EQ(log.find(3), 1u);
  EXPECT_EQ(log.find(4), std::nullopt);
  EXPECT_EQ(log.at(1).number, 3u);
}

TEST(RecoveryLog, TheOldestGoFirstWhereBytesRunOut) {
  const std::size_t one = event(0, 1'000).cost();
  RecoveryLog log(3 * one, kAge);
  for (EventNumber number = 0; number < 5; ++number) log.add(event(number, 1'000), kStart);
  EXPECT_EQ(log.begin(), 2u);
  EXPECT_EQ(log.end(), 5u);
  EXPECT_EQ(log.bytes(), 3 * one);
  EXPECT_EQ(log.find(1), std::nullopt);
  EXPECT_EQ(log.find(2), 2u);
}

TEST(RecoveryLog, AnEventLargerThanTheLogIsNotKept) {
  RecoveryLog log(100, kAge);
  log.add(event(0, 1'000), kStart);
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(log.bytes(), 0u);
  EXPECT_EQ(log.begin(), 1u);
}

TEST(RecoveryLog, ForgetsWhatIsTooOld) {
  RecoveryLog log(1 << 20, kAge);
  log.add(event(0), kStart);
  log.add(event(1), kStart + kAge);
  log.expire(kStart + kAge);
  EXPECT_EQ(log.begin(), 0u);
  log.expire(kStart + kAge + milliseconds(1));
  EXPECT_EQ(log.begin(), 1u);
  log.expire(kStart + 3 * kAge);
  EXPECT_TRUE(log.empty());
}

TEST(RecoveryLog, TheNamesOfRoomsCountToo) {
  LoggedEvent few = event(1);
  LoggedEvent many = event(1);
  many.target = std::make_shared<const Target>(
      Target{.rooms = std::vector<std::string>(100, std::string(100, 'r')), .except = {}});
  EXPECT_GE(many.cost(), few.cost() + 100 * 100);
}

TEST(RecoveryLog, AnOffsetIsTheWholeTextOrNone) {
  EXPECT_EQ(parse_offset(offset_text(1234)), 1234u);
  for (const char* text : {"", "-1", "1 ", " 1", "0x1", "1e3", "99999999999999999999"}) {
    EXPECT_EQ(parse_offset(std::string("o:") + text), std::nullopt) << text;
    EXPECT_EQ(parse_offset(text), std::nullopt) << text;
  }
  EXPECT_EQ(with_offset({R"(["a",1])", {"b"}}, offset_text(5)).json, R"(["a",1,"o:5"])");
  EXPECT_EQ(parse_offset("5"), std::nullopt) << "what a volatile event may end with";
}

}  // namespace belfry::socketio
