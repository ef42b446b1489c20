// What becomes of commands and subscriptions while Redis is away.
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "redis/testing.h"

namespace belfry::redis {

namespace {

using testing::quick;
using testing::RedisServer;
using testing::TestClient;
using testing::Told;

/// Says the same to whoever connects, and hangs up.
class Talker {
 public:
  explicit Talker(std::string said) : listening_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listening_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listening_, 16), 0);
    getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, said = std::move(said)] {
      int count = 0;
      for (int fd = accept(listening_, nullptr, nullptr); fd >= 0;
           fd = accept(listening_, nullptr, nullptr)) {
        met.add(++count);
        std::array<char, 256> heard{};
        if (recv(fd, heard.data(), heard.size(), 0) > 0) send(fd, said.data(), said.size(), MSG_NOSIGNAL);
        close(fd);
      }
    });
  }
  ~Talker() {
    shutdown(listening_, SHUT_RDWR);
    thread_.join();
    close(listening_);
  }
  Talker(const Talker&) = delete;
  Talker& operator=(const Talker&) = delete;

  std::uint16_t port() const { return port_; }

  Told<int> met;  // how many have come

 private:
  const int listening_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace

TEST(RedisAway, WhatWaitsIsSentWhenItComes) {
  const std::uint16_t port = testing::free_port();
  TestClient client(quick("redis://127.0.0.1:" + std::to_string(port)));
  EXPECT_FALSE(client.states.next());
  Told<Result<Reply>> told;
  client->send({"SET", "key", "value"}, [&](Result<Reply> reply) { told.add(std::move(reply)); });
  client->listen(
      Listen::channel, "room", [&](const Published& one) { client.published.add(one.payload); },
      [&] { client.confirmed.add("room"); });
  RedisServer server({}, port);
  EXPECT_EQ(told.next().value().text, "OK");
  client.states.until(true);
  EXPECT_EQ(client.confirmed.next(), "room");
  EXPECT_EQ(client.text({"GET", "key"}), "value");
}

TEST(RedisAway, WhatWaitsTooLongOrIsTooMuchFails) {
  RedisOptions options = quick("redis://127.0.0.1:" + std::to_string(testing::free_port()));
  options.max_queued_time = std::chrono::milliseconds(300);
  options.max_queued_bytes = 1'000;
  TestClient client(options);
  Told<std::string> told;
  const auto note = [&](const std::string& name) {
    return [&told, name](const Result<Reply>& reply) {
      told.add(name + (reply.error().kind == ErrorKind::unavailable ? " " : "?") + reply.error().message);
    };
  };
  client->send({"SET", "key", std::string(600, 'x')}, note("first"));
  client->send({"SET", "key", std::string(600, 'x')}, note("second"));
  EXPECT_EQ(told.next(), "second too much waits for Redis");
  EXPECT_EQ(told.next(), "first Redis is away");
  EXPECT_EQ(client->stats().queued_bytes, 0);
  EXPECT_EQ(client->stats().refused, 1);
  EXPECT_EQ(client->stats().failed, 1);
}

TEST(RedisAway, AnotherAtTheSameAddressIsSubscribedToAnew) {
  RedisServer server;
  TestClient client(quick(server.url()));
  client.states.until(true);
  client.listen(Listen::channel, "room");
  client.listen(Listen::pattern, "rooms:*");
  client.ask({"SET", "key", "value"});
  server.end();
  client.states.until(false);
  server.start();
  client.states.until(true);
  EXPECT_TRUE(client.ask({"GET", "key"}).value().is_nil()) << "another one, and empty";
  EXPECT_EQ(client.confirmed.next(), "room");
  EXPECT_EQ(client.confirmed.next(), "rooms:*");
  client.ask({"PUBLISH", "room", "one"});
  client.ask({"PUBLISH", "rooms:a", "two"});
  EXPECT_EQ(client.published.next(), "room=one");
  EXPECT_EQ(client.published.next(), "rooms:a=two");
  EXPECT_GE(client->stats().reconnects, 2);
}

TEST(RedisAway, WhatWasSentAndNotAnsweredFails) {
  RedisServer server;
  TestClient client(quick(server.url()));
  client.states.until(true);
  server.signal(SIGSTOP);
  const auto reply = client.ask({"SET", "key", "value"});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::unavailable);
  client.states.until(false);
  server.signal(SIGCONT);
  client.states.until(true);
  EXPECT_EQ(client.text({"PING"}), "PONG");
}

TEST(RedisAway, SubscriptionsThatAreKilledComeBack) {
  RedisServer server;
  TestClient client(quick(server.url()));
  client.states.until(true);
  client.listen(Listen::channel, "room");
  EXPECT_EQ(client.ask({"CLIENT", "KILL", "TYPE", "pubsub"}).value().integer, 1);
  client.states.until(false);
  client.states.until(true);
  client.confirmed.until("room");
  client.ask({"PUBLISH", "room", "one"});
  EXPECT_EQ(client.published.next(), "room=one");
}

// The connections stay, and commands are answered: only a word that does not come back tells.
TEST(RedisAway, AWordThatDoesNotComeBackMakesBothAnew) {
  RedisServer server;
  TestClient owner(quick(server.url()));
  owner.ask({"ACL", "SETUSER", "app", "on", ">word", "+@all", "~*", "&*"});
  RedisOptions options = quick(server.url());
  options.user = "app";
  options.password = "word";
  TestClient client(options);
  client.states.until(true);
  owner.ask({"ACL", "SETUSER", "app", "-publish"});
  client.states.until(false);
  EXPECT_GE(client->stats().probe_failures, 1);
  owner.ask({"ACL", "SETUSER", "app", "+publish"});
  client.states.until(true);
  EXPECT_GE(client->stats().reconnects, 2);
}

TEST(RedisAway, WhatIsNoRedisIsLeft) {
  for (const std::string said : {"HTTP/1.1 400 Bad Request\r\n\r\n", "+PONG\r\n+more\r\n", ""}) {
    Talker talker(said);
    RedisOptions options = quick("redis://127.0.0.1:" + std::to_string(talker.port()));
    options.max_queued_time = std::chrono::milliseconds(500);
    TestClient client(options);
    EXPECT_FALSE(client.states.next());
    const auto reply = client.ask({"GET", "key"});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, ErrorKind::unavailable);
    talker.met.until(3);  // two connections, and again
  }
}

}  // namespace belfry::redis
