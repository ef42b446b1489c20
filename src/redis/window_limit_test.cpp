#include "redis/window_limit.h"

#include <gtest/gtest.h>

#include "core/ids.h"
#include "redis/testing.h"

namespace belfry::redis {
namespace {

using std::chrono::milliseconds;
using testing::TestClient;
using testing::Told;

class WindowLimits : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* const url = std::getenv("BELFRY_TEST_REDIS");
    if (url == nullptr) GTEST_SKIP() << "BELFRY_TEST_REDIS is not set: tests/support/with-services sets it";
    client.emplace(testing::quick(url));
    limit.emplace(**client);
  }

  /// Tries so often at once: whether each has passed, in order.
  std::vector<bool> tries(int count, milliseconds window) {
    Told<bool> told;
    for (int i = 0; i < count; ++i) {
      limit->take(key, 3, window, [&told, this](const Result<WindowLimit::Verdict>& verdict) {
        if (verdict) retry_after = verdict->retry_after;
        told.add(verdict && verdict->passed);
      });
    }
    std::vector<bool> passed;
    for (int i = 0; i < count; ++i) passed.push_back(told.next());
    return passed;
  }

  const std::string key = make_sid();
  milliseconds retry_after{0};
  std::optional<TestClient> client;
  std::optional<WindowLimit> limit;
};

TEST_F(WindowLimits, PassAsOftenAsTheyMayInOrderAlsoWhereRedisDoesNotKnowTheScript) {
  client->ask({"SCRIPT", "FLUSH"});
  EXPECT_EQ(tries(5, milliseconds(60'000)), (std::vector<bool>{true, true, true, false, false}));
  EXPECT_GT(retry_after, milliseconds(50'000));
  EXPECT_LE(retry_after, milliseconds(60'000));
}

TEST_F(WindowLimits, PassAgainOnceTheWindowIsOverAndLeaveNothing) {
  constexpr milliseconds kWindow{300};
  const auto began = std::chrono::steady_clock::now();
  tries(3, kWindow);
  while (!tries(1, kWindow)[0]) {
    ASSERT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  }
  EXPECT_GE(std::chrono::steady_clock::now() - began, kWindow - milliseconds(2));
  // Those of before that are over with this one are gone.
  const auto kept = client->ask({"LLEN", key})->integer;
  EXPECT_GE(kept, 1);
  EXPECT_LE(kept, 3);
  while (client->ask({"EXISTS", key})->integer != 0) {
    ASSERT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  }
}

}  // namespace
}  // namespace belfry::redis
