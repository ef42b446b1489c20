#include "runtime/worker_pool.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>

namespace belfry::runtime {

constexpr std::chrono::seconds kLimit{10};

TEST(WorkerPool, RunsWhatIsPostedUpToItsBound) {
  std::promise<void> go;
  std::promise<void> began;
  std::promise<void> second;
  WorkerPool pool(1, 1);
  ASSERT_TRUE(pool.post([&] {
    began.set_value();
    go.get_future().wait();
  }));
  ASSERT_EQ(began.get_future().wait_for(kLimit), std::future_status::ready);
  EXPECT_TRUE(pool.post([&] { second.set_value(); }));
  EXPECT_FALSE(pool.post([] {}));
  go.set_value();
  EXPECT_EQ(second.get_future().wait_for(kLimit), std::future_status::ready);
}

TEST(WorkerPool, StoppedItRunsNothingMore) {
  const auto owned = std::make_shared<int>(0);
  WorkerPool pool(2, 10);
  pool.stop();
  EXPECT_FALSE(pool.post([owned] {}));
  EXPECT_EQ(owned.use_count(), 1);
  pool.stop();
}

}  // namespace belfry::runtime
