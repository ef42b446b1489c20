// Against a cluster of three masters.
#include <gtest/gtest.h>

#include "redis/slots.h"
#include "redis/testing.h"

namespace belfry::redis {

namespace {

using testing::quick;
using testing::RedisServer;
using testing::run;
using testing::TestClient;
using testing::Told;

std::uint16_t port_of_cluster() {
  // Its bus has the port 10,000 above.
  while (true) {
    const std::uint16_t port = testing::free_port();
    if (port < 55'000) return port;
  }
}

class RedisCluster : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::string> create = {"redis-cli", "--cluster", "create"};
    for (int i = 0; i < 3; ++i) {
      servers.push_back(std::make_unique<RedisServer>(
          std::vector<std::string>{"--cluster-enabled", "yes", "--cluster-node-timeout", "1000"},
          port_of_cluster()));
      create.push_back("127.0.0.1:" + std::to_string(servers.back()->port()));
    }
    for (const auto& server : servers) {
      TestClient there(quick(server->url()));
      there.states.until(true);
    }
    create.insert(create.end(), {"--cluster-yes"});
    ASSERT_TRUE(run(create));
    for (const auto& server : servers) {
      TestClient there(quick(server->url()));
      there.until({"CLUSTER", "INFO"}, [](const Result<Reply>& reply) {
        return reply && reply->text.find("cluster_state:ok") != std::string::npos;
      });
    }
    options = quick("redis+cluster://127.0.0.1:1,127.0.0.1:" + std::to_string(servers[1]->port()));
  }

  /// Asks one server by itself, and gives it time: what is asked is not how soon it is taken for lost.
  Result<Reply> ask(int server, Command command) {
    TestClient alone(parse_redis_url(servers[static_cast<std::size_t>(server)]->url()).value());
    return alone.ask(std::move(command));
  }
  std::string id_of(int server) { return ask(server, {"CLUSTER", "MYID"}).value().text; }
  /// The index of the server that has it.
  int owner_of(std::uint16_t slot) {
    const auto map = read_slots(ask(0, {"CLUSTER", "SLOTS"}).value(), {});
    for (int i = 0; i < 3; ++i) {
      if (map->owner(slot)->port == servers[static_cast<std::size_t>(i)]->port()) return i;
    }
    return -1;
  }
  void set_slot(int at, std::uint16_t slot, const std::string& how, int whose) {
    const auto done = ask(at, {"CLUSTER", "SETSLOT", std::to_string(slot), how, id_of(whose)});
    EXPECT_TRUE(done) << done.error().message;
  }
  /// Gives a slot with its keys to another.
  void move(std::uint16_t slot, int to) {
    const int from = owner_of(slot);
    set_slot(to, slot, "IMPORTING", from);
    set_slot(from, slot, "MIGRATING", to);
    move_keys(slot, from, to);
    finish_move(slot, from, to);
  }
  void move_keys(std::uint16_t slot, int from, int to) {
    const auto keys = ask(from, {"CLUSTER", "GETKEYSINSLOT", std::to_string(slot), "1000"});
    for (const Reply& key : keys->items) {
      ask(from, {"MIGRATE", "127.0.0.1", std::to_string(servers[static_cast<std::size_t>(to)]->port()),
                 key.text, "0", "5000"});
    }
  }
  void finish_move(std::uint16_t slot, int from, int to) {
    set_slot(to, slot, "NODE", to);
    set_slot(from, slot, "NODE", to);
  }

  std::vector<std::unique_ptr<RedisServer>> servers;
  RedisOptions options;
};

}  // namespace

TEST_F(RedisCluster, DoesWhatOneServerDoes) {
  TestClient client(options);
  client.states.until(true);
  for (int i = 0; i < 50; ++i) {
    const std::string key = "key" + std::to_string(i);
    ASSERT_EQ(client.text({"SET", key, key}), "OK");
    ASSERT_EQ(client.text({"GET", key}), key);
  }
  Told<Result<Reply>> told;
  const auto note = [&](Result<Reply> reply) { told.add(std::move(reply)); };
  for (const bool atomic : {false, true}) {
    client->send_all({{"SET", "{tag}a", "1"}, {"INCR", "{tag}a"}, {"GET", "{tag}a"}}, atomic, note);
    EXPECT_EQ(told.next().value().items[2].text, "2");
  }
  client.listen(Listen::channel, "room");
  client.listen(Listen::pattern, "rooms:*");
  client.listen(Listen::shard, "one");
  client.listen(Listen::shard, "two");
  client.ask({"PUBLISH", "room", "a"});
  EXPECT_EQ(client.published.next(), "room=a");
  client.ask({"PUBLISH", "rooms:x", "b"});
  EXPECT_EQ(client.published.next(), "rooms:x=b");
  client.ask({"SPUBLISH", "one", "c"});
  EXPECT_EQ(client.published.next(), "one=c");
  client.ask({"SPUBLISH", "two", "d"});
  EXPECT_EQ(client.published.next(), "two=d");

  TestClient other(options);
  other.listen(Listen::channel, "room");
  other.listen(Listen::shard, "one");
  Told<Result<std::int64_t>> counts;
  const auto count = [&](Result<std::int64_t> value) { counts.add(value); };
  client->count_listeners(Listen::channel, "room", count);
  EXPECT_EQ(counts.next(), 2);
  client->count_listeners(Listen::shard, "one", count);
  EXPECT_EQ(counts.next(), 2);
}

TEST_F(RedisCluster, FollowsSlotsThatMove) {
  TestClient client(options);
  client.states.until(true);
  const std::uint16_t slot = slot_of("room");
  client.listen(Listen::shard, "room");
  client.ask({"SET", "{room}n", "0"});
  const int to = (owner_of(slot) + 1) % 3;

  // It is published to all the while; what is answered has reached somebody who listens.
  std::int64_t sent = 0;
  const auto publish = [&] { return client.ask({"INCR", "{room}n"}).has_value() && ++sent > 0; };
  EXPECT_TRUE(publish());
  const int from = owner_of(slot);
  set_slot(to, slot, "IMPORTING", from);
  set_slot(from, slot, "MIGRATING", to);
  EXPECT_TRUE(publish()) << "not moved yet";
  move_keys(slot, from, to);
  EXPECT_TRUE(publish()) << "the owner says: ask there";
  Told<Result<Reply>> told;
  for (const bool atomic : {false, true}) {
    client->send_all({{"INCR", "{room}n"}, {"GET", "{room}n"}}, atomic,
                     [&](Result<Reply> r) { told.add(std::move(r)); });
    const auto both = told.next();
    ASSERT_TRUE(both) << both.error().message;
    EXPECT_EQ(both->items[1].text, std::to_string(++sent));
  }
  finish_move(slot, from, to);
  EXPECT_TRUE(publish());
  EXPECT_EQ(client.text({"GET", "{room}n"}), std::to_string(sent));
  client.confirmed.until("room");
  client.ask({"SPUBLISH", "room", "after"});
  EXPECT_EQ(client.published.next(), "room=after");
}

TEST_F(RedisCluster, AMasterThatComesBackIsSubscribedToAnew) {
  TestClient client(options);
  client.states.until(true);
  client.listen(Listen::shard, "room");
  const auto owner = static_cast<std::size_t>(owner_of(slot_of("room")));
  servers[owner]->end();
  client.states.until(false);
  servers[owner]->start();
  client.states.until(true);
  client.confirmed.until("room");
  client.until({"SET", "room", "value"}, [](const Result<Reply>& reply) { return reply.has_value(); });
  client.ask({"SPUBLISH", "room", "one"});
  EXPECT_EQ(client.published.next(), "room=one");
}

}  // namespace belfry::redis
