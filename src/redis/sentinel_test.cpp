// A master that Sentinels watch over, and its end.
#include <gtest/gtest.h>

#include <fstream>

#include "redis/testing.h"

namespace belfry::redis {

namespace {

using testing::free_port;
using testing::Process;
using testing::quick;
using testing::RedisServer;
using testing::TestClient;

/// A Sentinel, which must have a file that it may write.
class Sentinel {
 public:
  explicit Sentinel(std::uint16_t master) {
    const std::string file = folder_.path() + "/sentinel.conf";
    std::ofstream(file) << "port " << port_ << "\nbind 127.0.0.1\ndir " << folder_.path()
                        << "\nsentinel monitor main 127.0.0.1 " << master << " 2\n"
                        << "sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 3000\n"
                        << "requirepass watch\nsentinel sentinel-pass watch\n";
    process_.emplace(std::vector<std::string>{"redis-server", file, "--sentinel"});
  }
  std::uint16_t port() const { return port_; }
  void end() { process_.reset(); }

 private:
  const std::uint16_t port_ = free_port();
  testing::Folder folder_;
  std::optional<Process> process_;
};

/// What a server answers, by a client of its own.
std::string ask(std::uint16_t port, Command command) {
  TestClient client(quick("redis://127.0.0.1:" + std::to_string(port)));
  const auto reply = client.ask(std::move(command));
  return !reply ? reply.error().message : reply->items.empty() ? reply->text : reply->items[0].text;
}

}  // namespace

TEST(RedisSentinel, AnotherMasterIsFollowed) {
  RedisServer first({"--repl-diskless-sync-delay", "0"});
  RedisServer second({"--replicaof", "127.0.0.1", std::to_string(first.port())});
  std::vector<std::unique_ptr<Sentinel>> sentinels;
  std::string url = "redis+sentinel://127.0.0.1:1";  // nobody is there
  for (int i = 0; i < 3; ++i) {
    sentinels.push_back(std::make_unique<Sentinel>(first.port()));
    url += ",127.0.0.1:" + std::to_string(sentinels.back()->port());
  }
  RedisOptions options = quick(url + "/main");
  options.sentinel_password = "watch";
  TestClient client(options);
  client.states.until(true);
  client.listen(Listen::channel, "room");
  EXPECT_EQ(client.text({"SET", "key", "first"}), "OK");

  // They know each other and the replica, and the replica has it all.
  for (const auto& sentinel : sentinels) {
    TestClient asking(quick("redis://:watch@127.0.0.1:" + std::to_string(sentinel->port())));
    asking.until({"INFO", "sentinel"}, [](const Result<Reply>& reply) {
      return reply && reply->text.find("slaves=1,sentinels=3") != std::string::npos;
    });
  }
  client.until({"WAIT", "1", "500"}, [](const Result<Reply>& reply) { return reply && reply->integer == 1; });

  sentinels[0]->end();
  first.end();
  client.states.until(false);
  client.states.until(true);
  EXPECT_EQ(client.text({"GET", "key"}), "first");
  EXPECT_EQ(client.text({"SET", "key", "second"}), "OK");
  EXPECT_EQ(ask(second.port(), {"ROLE"}), "master");
  client.confirmed.until("room");
  client.ask({"PUBLISH", "room", "one"});
  EXPECT_EQ(client.published.next(), "room=one");
}

TEST(RedisSentinel, AReplicaIsNoMaster) {
  RedisServer first;
  RedisServer replica({"--replicaof", "127.0.0.1", std::to_string(first.port())});
  Sentinel wrong(replica.port());
  RedisOptions options = quick("redis+sentinel://127.0.0.1:" + std::to_string(wrong.port()) + "/main");
  options.sentinel_password = "watch";
  options.max_queued_time = std::chrono::milliseconds(500);
  TestClient client(options);
  EXPECT_EQ(client.text({"SET", "key", "value"}), "Redis is away");
}

TEST(RedisSentinel, AMasterThatBecomesAReplicaIsLeft) {
  RedisServer first;
  RedisServer second;
  RedisOptions options = quick(first.url());
  TestClient client(options);
  client.states.until(true);
  client.ask({"REPLICAOF", "127.0.0.1", std::to_string(second.port())});
  const auto reply = client.ask({"SET", "key", "value"});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::unavailable);
  client.states.until(false);
  client.states.until(true);
}

}  // namespace belfry::redis
