#include "store/store.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "store/cases_testing.h"

namespace belfry::store {
namespace {

using testing::add_user;
using testing::Held;
using testing::read;
using testing::TempStore;
using testing::Told;
using testing::user_ids;
using testing::wait_for;
using testing::write;

TEST(Store, WhatIsWrittenIsReadAndSurvivesReopening) {
  TempStore store;
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "anna"); }));
  EXPECT_EQ(user_ids(*store), std::vector<std::string>{"anna"});
  store.reopen();
  EXPECT_EQ(user_ids(*store), std::vector<std::string>{"anna"});
}

TEST(Store, ParametersOfEveryKindComeBack) {
  TempStore store;
  const std::string text = "a'\"\\\n$1 \u00e9";
  const auto row = write(*store, [&](Transaction& tx) {
    return tx.query_one("SELECT $3, $1, $2, $1, $4, $5, $6",
                        {-5, nullptr, text, 2.5, std::string_view(), std::optional<std::string>()},
                        [&](const Row& r) {
                          EXPECT_EQ(r.text(0), text);
                          EXPECT_EQ(r.integer(1), -5);
                          EXPECT_TRUE(r.is_null(2));
                          EXPECT_EQ(r.optional_text(2), std::nullopt);
                          EXPECT_EQ(r.optional_integer(3), -5);
                          EXPECT_EQ(r.real(4), 2.5);
                          EXPECT_FALSE(r.is_null(5));
                          EXPECT_EQ(r.text(5), "");
                          EXPECT_TRUE(r.is_null(6));
                          return true;
                        });
  });
  ASSERT_TRUE(row);
  EXPECT_TRUE(row->has_value());
}

TEST(Store, QueriesMayBeNested) {
  TempStore store;
  const auto pairs = write(*store, [](Transaction& tx) -> Result<int> {
    constexpr auto kTwo = "SELECT 1 UNION ALL SELECT 2";
    int count = 0;
    for (const char* id : {"a", "b", "c"}) {
      if (auto added = add_user(tx, id); !added) return std::unexpected(added.error());
    }
    auto done =
        tx.query(kTwo, {}, [&](const Row&) { (void)tx.query(kTwo, {}, [&](const Row&) { ++count; }); });
    if (!done) return std::unexpected(done.error());
    return count;
  });
  EXPECT_EQ(pairs, 4);
}

TEST(Store, AFailingUnitTakesNoOtherWithIt) {
  TempStore store;
  Held held(*store);
  auto first = start_write(*store, [](Transaction& tx) { return add_user(tx, "a"); });
  auto failing = start_write(*store, [](Transaction& tx) -> Result<void> {
    (void)add_user(tx, "b");
    tx.tell(std::make_shared<Told>(1));
    return fail(ErrorKind::forbidden, "no");
  });
  auto throwing = start_write(*store, [](Transaction& tx) -> Result<void> {
    (void)add_user(tx, "c");
    throw std::runtime_error("defect");
  });
  auto last = start_write(*store, [](Transaction& tx) { return add_user(tx, "d"); });
  held.release();

  EXPECT_TRUE(wait_for(first));
  EXPECT_EQ(wait_for(failing), fail(ErrorKind::forbidden, "no"));
  EXPECT_EQ(wait_for(throwing), fail(ErrorKind::internal, "Internal error"));
  EXPECT_TRUE(wait_for(last));
  EXPECT_EQ(user_ids(*store), (std::vector<std::string>{"a", "d"}));
  EXPECT_TRUE(store.events().empty());
  EXPECT_LE(store->stats().commits, 2u);
  EXPECT_EQ(store->stats().committed_units, 3u);
}

TEST(Store, AFailedStatementDoomsItsUnit) {
  TempStore store;
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "a"); }));
  const auto ignoring = write(*store, [](Transaction& tx) -> Result<int> {
    (void)add_user(tx, "b");
    (void)add_user(tx, "a");
    EXPECT_FALSE(add_user(tx, "c"));
    return 1;
  });
  ASSERT_FALSE(ignoring);
  EXPECT_EQ(ignoring.error().kind, ErrorKind::conflict);
  const auto wrong = write(*store, [](Transaction& tx) { return tx.run("SELEKT 1"); });
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error(), (Error{ErrorKind::internal, "Internal error"}));
  const auto unbound =
      write(*store, [](Transaction& tx) { return tx.run("DELETE FROM users WHERE id = $2", {"a"}); });
  ASSERT_FALSE(unbound);
  EXPECT_EQ(user_ids(*store), std::vector<std::string>{"a"});
}

TEST(Store, OrderIsKeptAndEventsComeBeforeResults) {
  TempStore store;
  std::mutex mutex;
  std::vector<int> finished;
  std::promise<void> all;
  constexpr int kUnits = 2'000;
  for (int i = 0; i < kUnits; ++i) {
    store->write(
        post_inline(), "one",
        [i](Transaction& tx) -> Result<int> {
          tx.tell(std::make_shared<Told>(i));
          return i;
        },
        [&, i](Result<int> result) {
          EXPECT_EQ(result, i);
          EXPECT_GT(store.events().size(), static_cast<std::size_t>(i));
          std::lock_guard lock(mutex);
          finished.push_back(i);
          if (finished.size() == kUnits) all.set_value();
        });
  }
  ASSERT_EQ(all.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  const auto events = store.events();
  ASSERT_EQ(events.size(), std::size_t(kUnits));
  for (int i = 0; i < kUnits; ++i) {
    EXPECT_EQ(finished[i], i);
    EXPECT_EQ(dynamic_cast<const Told&>(*events[i]).number, i);
  }
}

TEST(Store, ManyUnitsShareACommit) {
  TempStore store;
  Held held(*store);
  std::vector<std::future<Result<void>>> results;
  for (int i = 0; i < 500; ++i) {
    results.push_back(start_write(*store, [i](Transaction& tx) { return add_user(tx, std::to_string(i)); }));
  }
  EXPECT_EQ(store->stats().queued_writes, 500u);
  held.release();
  for (auto& result : results) EXPECT_TRUE(wait_for(result));
  const auto stats = store->stats();
  EXPECT_LT(stats.commits, 50u);
  EXPECT_EQ(stats.committed_units, 501u);
  EXPECT_EQ(stats.queued_writes, 0u);
  std::uint64_t in_buckets = 0;
  for (const auto count : stats.commit_buckets) in_buckets += count;
  EXPECT_EQ(in_buckets, stats.commits);
}

TEST(Store, ABatchIsBounded) {
  TempStore store(StoreOptions{.batch_max_units = 10, .batch_max_time = std::chrono::seconds(10)});
  Held held(*store);
  std::vector<std::future<Result<void>>> results;
  for (int i = 0; i < 100; ++i) {
    results.push_back(start_write(*store, [i](Transaction& tx) { return add_user(tx, std::to_string(i)); }));
  }
  held.release();
  for (auto& result : results) EXPECT_TRUE(wait_for(result));
  EXPECT_EQ(store->stats().commits, 11u);

  TempStore hasty(StoreOptions{.batch_max_time = std::chrono::milliseconds(0)});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(write(*hasty, [](Transaction&) -> Result<void> { return {}; }));
  EXPECT_EQ(hasty->stats().commits, 20u);
}

TEST(Store, ReadsRunBesideTheWriterAndSeeOnlyWhatIsCommitted) {
  TempStore store;
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return add_user(tx, "a"); }));
  std::promise<void> written, go;
  auto pending = start_write(*store, [&](Transaction& tx) -> Result<void> {
    auto added = add_user(tx, "b");
    written.set_value();
    go.get_future().wait();
    return added;
  });
  written.get_future().wait();
  EXPECT_EQ(user_ids(*store)->size(), 1u);
  go.set_value();
  ASSERT_TRUE(wait_for(pending));
  EXPECT_EQ(user_ids(*store)->size(), 2u);
}

TEST(Store, AReadCannotChangeOrAnnounceAnything) {
  TempStore store;
  const auto written = read(*store, [](Transaction& tx) { return add_user(tx, "a"); });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::internal);
  const auto told = read(*store, [](Transaction& tx) -> Result<void> {
    tx.tell(std::make_shared<Told>(1));
    return {};
  });
  EXPECT_FALSE(told);
  EXPECT_TRUE(user_ids(*store)->empty());
  EXPECT_TRUE(store.events().empty());
}

TEST(Store, AFullQueueRefusesAtOnce) {
  TempStore store(StoreOptions{.queue_max_units = 3});
  Held held(*store);
  std::vector<std::future<Result<void>>> queued;
  for (int i = 0; i < 3; ++i) {
    queued.push_back(start_write(*store, [](Transaction&) -> Result<void> { return {}; }));
  }
  bool ran = false;
  auto refused = start_write(*store, [&ran](Transaction&) -> Result<void> {
    ran = true;
    return {};
  });
  ASSERT_EQ(refused.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_EQ(refused.get().error().kind, ErrorKind::unavailable);
  held.release();
  for (auto& result : queued) EXPECT_TRUE(wait_for(result));
  EXPECT_FALSE(ran);
  EXPECT_EQ(store->stats().refused_units, 1u);
}

TEST(Store, StopDoesNotBeginWhatIsQueuedWhenItsTimeIsOver) {
  TempStore store;
  std::vector<std::future<Result<void>>> queued;
  Held held(*store);
  for (int i = 0; i < 50; ++i) {
    queued.push_back(start_write(*store, [i](Transaction& tx) { return add_user(tx, std::to_string(i)); }));
  }
  std::jthread stopper([&store] { store->stop(TimePoint::clock::now()); });
  const auto is_closed = [&store] {
    auto late = start_write(*store, [](Transaction& tx) { return add_user(tx, "late"); });
    return late.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  };
  while (!is_closed()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  held.release();
  stopper.join();
  for (auto& result : queued) {
    ASSERT_EQ(result.wait_for(std::chrono::seconds(0)), std::future_status::ready);
    EXPECT_EQ(result.get().error().kind, ErrorKind::unavailable);
  }
  store.reopen();
  EXPECT_EQ(user_ids(*store), std::vector<std::string>{});
}

TEST(Store, StopFinishesWhatIsQueuedAndRefusesTheRest) {
  TempStore store;
  std::vector<std::future<Result<void>>> queued;
  {
    Held held(*store);
    for (int i = 0; i < 50; ++i) {
      queued.push_back(start_write(*store, [i](Transaction& tx) { return add_user(tx, std::to_string(i)); }));
    }
    held.release();
  }
  store->stop();
  store->stop();
  for (auto& result : queued) {
    ASSERT_EQ(result.wait_for(std::chrono::seconds(0)), std::future_status::ready);
    EXPECT_TRUE(result.get());
  }
  EXPECT_EQ(write(*store, [](Transaction& tx) { return add_user(tx, "late"); }).error().kind,
            ErrorKind::unavailable);
  EXPECT_EQ(user_ids(*store).error().kind, ErrorKind::unavailable);
  store.reopen();
  EXPECT_EQ(user_ids(*store)->size(), 50u);
}

TEST(Store, ResultsAreRunByTheCallersPost) {
  TempStore store;
  std::mutex mutex;
  std::vector<std::move_only_function<void()>> posted;
  std::promise<void> arrived;
  bool done = false;
  store->write(
      [&](std::move_only_function<void()> task) {
        std::lock_guard lock(mutex);
        posted.push_back(std::move(task));
        arrived.set_value();
      },
      "key", [](Transaction&) -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); },
      [&](Result<std::unique_ptr<int>> result) {
        done = true;
        EXPECT_EQ(**result, 7);
      });
  ASSERT_EQ(arrived.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_FALSE(done);
  std::lock_guard lock(mutex);
  posted.front()();
  EXPECT_TRUE(done);
}

TEST(Store, ManyThreadsMayUseIt) {
  TempStore store;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&store, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string id = std::to_string(t) + "-" + std::to_string(i);
        EXPECT_TRUE(write(*store, [id](Transaction& tx) { return add_user(tx, id); }));
        EXPECT_TRUE(user_ids(*store));
      }
    });
  }
  threads.clear();
  EXPECT_EQ(user_ids(*store)->size(), 200u);
}

}  // namespace
}  // namespace belfry::store
