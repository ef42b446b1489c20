#include "redis/client.h"

#include <gtest/gtest.h>

#include "core/ids.h"
#include "redis/testing.h"

namespace belfry::redis {

namespace {

using testing::quick;
using testing::RedisServer;
using testing::TestClient;
using testing::Told;

/// Against the Redis that stands beside the tests, whose keys and channels each test names by chance.
class SharedRedis : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* const url = std::getenv("BELFRY_TEST_REDIS");
    if (url == nullptr) GTEST_SKIP() << "BELFRY_TEST_REDIS is not set: tests/support/with-services sets it";
    client.emplace(quick(url));
  }

  const std::string name = make_sid();
  std::optional<TestClient> client;
};

}  // namespace

TEST_F(SharedRedis, AnswersInTheOrderOfTheCalls) {
  const std::string value("any\r\n\0bytes", 11);
  EXPECT_EQ(client->text({"SET", name, value}), "OK");
  EXPECT_EQ(client->text({"GET", name}), value);
  EXPECT_TRUE(client->ask({"GET", name + "?"}).value().is_nil());
  Told<std::int64_t> told;
  for (int i = 1; i <= 1'000; ++i) {
    (*client)->send({"INCR", name + "n"}, [&](const Result<Reply>& reply) { told.add(reply->integer); });
  }
  for (int i = 1; i <= 1'000; ++i) ASSERT_EQ(told.next(), i);
  const ClientStats stats = (*client)->stats();
  EXPECT_GE(stats.commands, 1'003);
  EXPECT_EQ(stats.failed, 0);
  EXPECT_EQ(stats.queued_bytes, 0);
}

TEST_F(SharedRedis, AnErrorIsAResult) {
  client->ask({"SET", name, "text"});
  const auto reply = client->ask({"INCR", name});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::internal);
  EXPECT_EQ(reply.error().message, "Redis: ERR value is not an integer or out of range");
}

TEST_F(SharedRedis, SeveralGoTogether) {
  Told<Result<Reply>> told;
  const auto note = [&](Result<Reply> reply) { told.add(std::move(reply)); };
  for (const bool atomic : {false, true}) {
    (*client)->send_all({{"DEL", name}, {"RPUSH", name, "a", "b"}, {"LRANGE", name, "0", "-1"}}, atomic,
                        note);
    const auto reply = told.next();
    ASSERT_TRUE(reply);
    ASSERT_EQ(reply->items.size(), 3U);
    EXPECT_EQ(reply->items[1].integer, 2);
    EXPECT_EQ(reply->items[2].items[1].text, "b");
    (*client)->send_all({{"SET", name + "x", "1"}, {"INCR", name}}, atomic, note);
    const auto failed = told.next();
    ASSERT_FALSE(failed);
    EXPECT_TRUE(failed.error().message.starts_with("Redis: WRONGTYPE")) << failed.error().message;
  }
  (*client)->send_all({{"SET", name + "y", "1"}, {"NO SUCH COMMAND"}}, true, note);
  EXPECT_TRUE(told.next().error().message.starts_with("Redis: ERR unknown command"));
  EXPECT_TRUE(client->ask({"GET", name + "y"}).value().is_nil()) << "none of them was done";
  (*client)->send_all({}, true, note);
  EXPECT_TRUE(told.next().value().items.empty());
}

TEST_F(SharedRedis, ListensUntilToldNotTo) {
  client->listen(Listen::channel, name);
  client->listen(Listen::pattern, name + ":*");
  client->listen(Listen::shard, name);
  client->ask({"PUBLISH", name, "one"});
  EXPECT_EQ(client->published.next(), name + "=one");
  client->ask({"PUBLISH", name + ":a", "two"});
  EXPECT_EQ(client->published.next(), name + ":a=two");
  client->ask({"SPUBLISH", name, "three"});
  EXPECT_EQ(client->published.next(), name + "=three");

  Told<Result<std::int64_t>> counts;
  const auto note = [&](Result<std::int64_t> count) { counts.add(count); };
  for (const Listen how : {Listen::channel, Listen::shard}) {
    (*client)->count_listeners(how, name, note);
    EXPECT_EQ(counts.next(), 1);
  }
  (*client)->unlisten(Listen::channel, name);
  client->listen(Listen::channel, name + "end");
  EXPECT_EQ(client->ask({"PUBLISH", name, "four"}).value().integer, 0);
  client->ask({"PUBLISH", name + "end", "five"});
  EXPECT_EQ(client->published.next(), name + "end=five");
}

TEST_F(SharedRedis, ALargeValueComesWhole) {
  const std::string value(8u << 20, 'v');
  EXPECT_EQ(client->text({"SET", name, value, "EX", "60"}), "OK");
  EXPECT_EQ(client->text({"GET", name}), value);
}

TEST_F(SharedRedis, AnExceptionOfACallbackEndsNothing) {
  (*client)->send({"PING"}, [](const Result<Reply>&) { throw std::runtime_error("ours"); });
  EXPECT_EQ(client->text({"PING"}), "PONG");
  EXPECT_EQ((*client)->stats().reconnects, 0);
}

TEST_F(SharedRedis, NothingIsCalledAfterStop) {
  std::atomic<int> calls = 0;
  for (int i = 0; i < 100; ++i) (*client)->send({"PING"}, [&](const Result<Reply>&) { ++calls; });
  (*client)->stop();
  EXPECT_EQ(calls, 100);
  (*client)->send({"PING"}, [&](const Result<Reply>&) { ++calls; });
  (*client)->stop();
  client.reset();
  EXPECT_EQ(calls, 100);
}

}  // namespace belfry::redis
