#include "runtime/shards.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <latch>
#include <stdexcept>

namespace belfry::runtime {

namespace {

constexpr std::chrono::seconds kLimit{10};

template <class T>
T wait_for(std::promise<T>& promise) {
  auto future = promise.get_future();
  if (future.wait_for(kLimit) != std::future_status::ready) throw std::runtime_error("waited too long");
  return future.get();
}

}  // namespace

TEST(Shards, TasksRunOnTheirShardInTheOrderOfTheirSender) {
  Shards shards(3);
  shards.start();
  for (unsigned i = 0; i < shards.size(); ++i) {
    std::vector<int> order;
    std::promise<unsigned> done;
    for (int n = 0; n < 1'000; ++n) shards.post_to(i, [&order, n] { order.push_back(n); });
    shards.post_to(i, [&done] { done.set_value(Shard::current()->index()); });
    EXPECT_EQ(wait_for(done), i);
    EXPECT_TRUE(std::ranges::is_sorted(order));
    EXPECT_EQ(order.size(), 1'000u);
  }
  EXPECT_EQ(Shard::current(), nullptr);
}

TEST(Shards, WhatOneTurnPostsToAnotherShardComesInOrderAndTogether) {
  Shards shards(2);
  std::vector<int> order;
  std::vector<std::size_t> seen_by_turns;
  std::promise<void> done;
  shards.at(1).on_turn_end([&] {
    if (!order.empty()) seen_by_turns.push_back(order.size());
    if (order.size() == 1'000 && seen_by_turns.size() == 1) done.set_value();
  });
  shards.start();
  shards.post_to(0, [&] {
    for (int n = 0; n < 1'000; ++n) shards.post_to(1, [&order, n] { order.push_back(n); });
  });
  wait_for(done);
  shards.stop();
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(seen_by_turns.front(), 1'000u);
}

TEST(Shards, ATimerThatSetsAnotherAtOnceLeavesTheTurnToOthers) {
  constexpr int kMostTurns = 10'000;
  Shards shards(1);
  shards.start();
  std::promise<int> done;
  bool posted = false;
  int turns = 0;
  std::function<void()> again = [&] {
    if (posted || ++turns == kMostTurns) return done.set_value(turns);
    shards.at(0).after(std::chrono::milliseconds(0), again).detach();
  };
  shards.post_to(0, [&] {
    again();
    shards.at(0)
        .after(std::chrono::milliseconds(0), [&] { shards.at(0).post([&] { posted = true; }); })
        .detach();
  });
  EXPECT_LT(wait_for(done), kMostTurns);
  shards.stop();
}

TEST(Shards, WhatTheEndOfATurnPostsLeavesBeforeTheShardSleeps) {
  Shards shards(2);
  std::promise<void> arrived;
  bool posted = false;
  bool told = false;
  shards.at(0).on_turn_end([&] {
    if (posted && !std::exchange(told, true)) shards.post_to(1, [&arrived] { arrived.set_value(); });
  });
  shards.start();
  shards.post_to(0, [&posted] { posted = true; });
  wait_for(arrived);
}

TEST(Shards, AnotherFamilyIsToldAtOnce) {
  Shards here(1);
  here.start();
  std::promise<void> done;
  here.post_to(0, [&done] {
    Shards other(1);
    other.start();
    std::promise<void> arrived;
    other.post_to(0, [&arrived] { arrived.set_value(); });
    wait_for(arrived);
    done.set_value();
  });
  wait_for(done);
}

TEST(Shards, OnEachVisitsEveryShardOnceAndTheOwnOneAtOnce) {
  Shards shards(4);
  shards.start();
  std::atomic<int> visits = 0;
  std::promise<int> at_once;
  std::latch all(4);
  shards.post_to(2, [&] {
    unsigned own = 0;
    shards.on_each([&](Shard& shard) {
      if (shard.index() == 2) ++own;
      ++visits;
      all.count_down();
    });
    at_once.set_value(static_cast<int>(own));
  });
  EXPECT_EQ(wait_for(at_once), 1);
  all.wait();
  EXPECT_EQ(visits, 4);
}

TEST(Shards, TimersFireOnTheirShardNotBeforeTheirTime) {
  Shards shards(1);
  shards.start();
  std::promise<TimePoint::duration> fired;
  shards.post_to(0, [&] {
    Shard& shard = shards.at(0);
    const TimePoint begin = shard.now();
    shard.after(milliseconds(20), [&, begin] { fired.set_value(shard.now() - begin); }).detach();
  });
  EXPECT_GE(wait_for(fired), milliseconds(20));
}

TEST(Shards, TheEndOfATurnIsToldAfterItsTasks) {
  Shards shards(1);
  std::promise<int> seen;
  int posted = 0;
  bool told = false;
  shards.at(0).on_turn_end([&] {
    if (posted > 0 && !std::exchange(told, true)) seen.set_value(posted);
  });
  for (int i = 0; i < 100; ++i) shards.post_to(0, [&posted] { ++posted; });
  shards.start();
  EXPECT_EQ(wait_for(seen), 100);
}

TEST(Shards, ADefectIsReportedAndEndsNothingElse) {
  std::vector<std::string> reports;
  Shards shards(1, [&reports](const std::exception& defect) { reports.emplace_back(defect.what()); });
  shards.start();
  std::promise<void> done;
  shards.post_to(0, [] { throw std::runtime_error("one"); });
  shards.post_to(0, [&] {
    shards.at(0).after(milliseconds(1), [] { throw std::runtime_error("two"); }).detach();
    shards.at(0).after(milliseconds(2), [&done] { done.set_value(); }).detach();
  });
  wait_for(done);
  EXPECT_EQ(reports, (std::vector<std::string>{"one", "two"}));
}

TEST(Shards, WhatIsPostedAfterTheEndIsDestroyedUnrun) {
  const auto witness = std::make_shared<int>(0);
  {
    Shards shards(2);
    shards.start();
    shards.stop();
    shards.post_to(1, [witness] { ++*witness; });
    EXPECT_EQ(witness.use_count(), 2);
  }
  EXPECT_EQ(witness.use_count(), 1);
  EXPECT_EQ(*witness, 0);
}

}  // namespace belfry::runtime
