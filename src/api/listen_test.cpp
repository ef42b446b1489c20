#include <gtest/gtest.h>

#include <future>

#include "belfry/server.h"

namespace belfry {

namespace {

constexpr std::chrono::seconds kLimit{10};

}  // namespace

TEST(Listen, APortThatIsTakenIsRefusedAndTheServerGoesQuietly) {
  Server first;
  ASSERT_TRUE(first.listen("127.0.0.1", 0));
  Server second;
  const auto refused = second.listen("127.0.0.1", first.port());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
}

TEST(Listen, WhatIsAskedBeforeIsDoneOnceTheServerListens) {
  Server server;
  std::promise<std::size_t> counted;
  std::promise<std::size_t> answered;
  server.of("/").emit("nobody", Value(1));
  server.sockets("/").count_sockets([&counted](std::size_t count) { counted.set_value(count); });
  server.sockets("/").emit_with_ack("nobody", [&answered](const std::vector<AckOutcome>& outcomes) {
    answered.set_value(outcomes.size());
  });
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  auto count = counted.get_future();
  ASSERT_EQ(count.wait_for(kLimit), std::future_status::ready);
  EXPECT_EQ(count.get(), 0U);
  auto answers = answered.get_future();
  ASSERT_EQ(answers.wait_for(kLimit), std::future_status::ready);
  EXPECT_EQ(answers.get(), 0U);
}

TEST(Listen, AServerThatNeverListensIsDestroyedWithWhatItWasAsked) {
  Server server;
  server.of("/").emit("nobody", Value(1));
  server.stop();
}

}  // namespace belfry
