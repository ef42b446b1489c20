#include "runtime/timer_queue.h"

#include <gtest/gtest.h>

#include <memory>

namespace belfry::runtime {

namespace {

TimePoint at(int ms) {
  return TimePoint(milliseconds(ms));
}

}  // namespace

TEST(TimerQueue, FiresInOrderOfDeadlineThenOfSetting) {
  TimerQueue queue;
  std::string fired;
  const Timer c = queue.at(at(20), [&] { fired += 'c'; });
  const Timer a = queue.at(at(10), [&] { fired += 'a'; });
  const Timer b = queue.at(at(10), [&] { fired += 'b'; });
  EXPECT_EQ(queue.next_deadline(), at(10));
  queue.advance(at(9));
  EXPECT_EQ(fired, "");
  queue.advance(at(10));
  EXPECT_EQ(fired, "ab");
  queue.advance(at(100));
  EXPECT_EQ(fired, "abc");
  EXPECT_FALSE(queue.next_deadline());
}

TEST(TimerQueue, ATimerGoesWithItsOwner) {
  TimerQueue queue;
  int fired = 0;
  {
    const Timer gone = queue.at(at(1), [&] { ++fired; });
    Timer replaced = queue.at(at(1), [&] { ++fired; });
    replaced = queue.at(at(1), [&] { ++fired; });
    replaced.cancel();
    replaced.cancel();
  }
  EXPECT_EQ(queue.size(), 0u);
  queue.at(at(1), [&] { fired += 10; }).detach();
  queue.advance(at(1));
  EXPECT_EQ(fired, 10);
}

TEST(TimerQueue, WhatIsSetWhileFiringWaitsForTheNextTime) {
  TimerQueue queue;
  int fired = 0;
  Timer own;
  own = queue.at(at(1), [&] {
    ++fired;
    own = queue.at(at(1), [&] { fired += 10; });
  });
  queue.advance(at(5));
  EXPECT_EQ(fired, 1);
  queue.advance(at(5));
  EXPECT_EQ(fired, 11);
}

TEST(TimerQueue, ATimerMayCancelAnotherThatIsDue) {
  TimerQueue queue;
  int fired = 0;
  Timer second;
  const Timer first = queue.at(at(1), [&] { second.cancel(); });
  second = queue.at(at(1), [&] { ++fired; });
  queue.advance(at(1));
  EXPECT_EQ(fired, 0);
}

TEST(TimerQueue, WhatIsClearedNeverFiresAndMaySetTimersAsItDies) {
  TimerQueue queue;
  int fired = 0;
  auto owner = std::shared_ptr<int>(new int(0), [&](const int* value) {
    delete value;
    queue.at(at(1), [&] { ++fired; }).detach();
  });
  queue.at(at(1), [&fired, keep = std::move(owner)] { ++fired; }).detach();
  EXPECT_TRUE(queue.clear());
  EXPECT_TRUE(queue.clear()) << "the one that was set meanwhile";
  EXPECT_FALSE(queue.clear());
  queue.advance(at(5));
  EXPECT_EQ(fired, 0);
}

}  // namespace belfry::runtime
