#include "redis/sharded_wire.h"

#include <gtest/gtest.h>

#include "redis/adapter_testing.h"
#include "redis/wire_values.h"
#include "socketio/msgpack.h"

namespace belfry::redis {
namespace {

using testing::Hub;
using testing::Node;
using Texts = std::vector<std::string>;
using Sockets = std::vector<RemoteSocket>;

constexpr std::chrono::milliseconds kShort{300};

MakeWire sharded(RoomChannels mode) {
  return [mode](WireContext context) { return std::make_unique<ShardedWire>(std::move(context), mode); };
}

RemoteSocket socket(const std::string& id, const Texts& rooms = {}) {
  RemoteSocket made;
  made.id = id;
  made.rooms = rooms;
  made.rooms.push_back(id);
  return made;
}

class Sharded : public ::testing::TestWithParam<RoomChannels> {
 protected:
  void publish(const std::string& channel, const std::string& payload) {
    hub.run([this, channel, payload] { hub.publish(Listen::shard, channel, payload); });
    hub.settle();
  }
  Sockets fetch(Node& node) {
    return node.ask<Sockets>([](Adapter& adapter, auto give) { adapter.fetch_sockets("/", {}, give); });
  }
  // The last message that was published, and where.
  std::pair<std::string, Value> last() {
    std::pair<std::string, std::string> one;
    hub.run([&] { one = hub.published.back(); });
    hub.settle();
    return {one.first, *read_message(one.second)};
  }

  std::string asker;  // where answers go
  Hub hub;
  RedisAdapterOptions options{.request_timeout = kShort};
  Node a{hub, options, sharded(GetParam())};
  Node b{hub, options, sharded(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(Modes, Sharded,
                         ::testing::Values(RoomChannels::rooms, RoomChannels::all, RoomChannels::none));

TEST_P(Sharded, ABroadcastIsDoneHereAndThere) {
  b.add_socket(socket("s1", {"red"}));
  a.adapter->broadcast("/", make_payload("news", Value::binary({'x'})), {{"red"}, {"blue"}},
                       {.is_volatile = true});
  a.adapter->broadcast("/", make_payload("all", 1), {}, {});
  const Texts expected = {R"(emit / ["news",{"_placeholder":true,"num":0}] +x in red but blue volatile)",
                          R"(emit / ["all",1] in)"};
  EXPECT_EQ(a.done(), expected);
  EXPECT_EQ(b.done(), expected);
}

TEST_P(Sharded, ARoomHasAChannelWhereTheModeSaysSo) {
  const std::string id(20, 'i');
  const auto channel_to = [this](const std::string& room) {
    a.adapter->broadcast("/", make_payload("x"), {{room}, {}}, {});
    hub.settle();
    return last().first;
  };
  EXPECT_EQ(channel_to("red"), GetParam() == RoomChannels::none ? "socket.io#/#" : "socket.io#/#red#");
  EXPECT_EQ(channel_to(id), GetParam() == RoomChannels::all ? "socket.io#/#" + id + "#" : "socket.io#/#");
  EXPECT_EQ(b.done(), GetParam() == RoomChannels::none
                          ? (Texts{R"(emit / ["x"] in red)", R"(emit / ["x"] in )" + id})
                      : GetParam() == RoomChannels::rooms ? Texts{R"(emit / ["x"] in )" + id}
                                                          : Texts());
}

TEST_P(Sharded, ARoomThatIsLeftByTheLastIsNotListenedTo) {
  b.adapter->on_room("/", "red", true);
  b.adapter->on_room("/", "red", true);
  b.adapter->on_room("/", "red", false);
  const std::int64_t expected = GetParam() == RoomChannels::none ? 0 : 1;
  hub.settle();
  hub.run([&] { EXPECT_EQ(hub.count(Listen::shard, "socket.io#/#red#"), expected); });
  b.adapter->on_room("/", "red", false);
  hub.settle();
  hub.run([&] { EXPECT_EQ(hub.count(Listen::shard, "socket.io#/#red#"), 0); });
  hub.settle();
}

TEST_P(Sharded, WhatHoldsBinaryDataIsMessagePackAndAllElseJson) {
  a.adapter->broadcast("/", make_payload("x", Value::binary({1})), {}, {});
  a.adapter->broadcast("/", make_payload("x", 1), {}, {});
  hub.settle();
  std::vector<char> firsts;
  hub.run([&] {
    for (const auto& [channel, payload] : hub.published) firsts.push_back(payload.front());
  });
  hub.settle();
  EXPECT_EQ(firsts, (std::vector<char>{'\x84', '{'}));
  const Value message = last().second;
  EXPECT_EQ(message["uid"].get<std::string>().size(), 16U);
  EXPECT_EQ(message["type"], 3);
  EXPECT_EQ(message["data"], Value::parse(R"({"opts":{"rooms":[],"except":[],"flags":{}},
                                              "packet":{"type":2,"data":["x",1],"nsp":"/"}})"));
}

TEST_P(Sharded, RoomsAndDisconnectsAreChangedHereAndThere) {
  a.adapter->join("/", {{"r"}, {"x"}}, {"new"});
  a.adapter->leave("/", {}, {"old"});
  a.adapter->disconnect("/", {{"r"}, {}}, true);
  const Texts expected = {"join / in r but x new", "leave / in old", "disconnect / in r close"};
  EXPECT_EQ(a.done(), expected);
  EXPECT_EQ(b.done(), expected);
}

TEST_P(Sharded, EverySocketIsFetchedAndAsked) {
  a.add_socket(socket("s1"));
  b.add_socket(socket("s2"));
  EXPECT_EQ(fetch(a).size(), 2U);
  const auto outcomes = a.ask<std::vector<AckOutcome>>([](Adapter& adapter, auto give) {
    adapter.broadcast_with_ack("/", make_payload("q"), {}, {}, testing::kLimit, give);
  });
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[1].socket_id, "s2");
}

TEST_P(Sharded, ServersAnswerAnEventOnceEach) {
  const auto answers = a.ask<std::vector<AckResult>>(
      [](Adapter& adapter, auto give) { adapter.server_side_emit("/", make_payload("twice", 5), give); });
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0]->at(0), "once");
}

TEST_P(Sharded, AServerThatAnswersTwiceCountsOnce) {
  Node c(hub, options, sharded(GetParam()));
  c.client->set_away(true);
  hub.run([this] {
    hub.hears = [this](const std::string&, const std::string& payload) {
      const Value message = *read_message(payload);
      if (message["type"] != 8 || message["data"].contains("again")) return true;
      Value again = message;
      again["data"]["again"] = true;
      const std::string to = asker;
      for (int i = 0; i < 2; ++i) hub.publish(Listen::shard, to, write_json(again));
      return false;
    };
  });
  a.adapter->broadcast("/", make_payload("x"), {}, {});
  hub.settle();
  asker = "socket.io#/#" + last().second["uid"].get<std::string>() + "#";
  b.add_socket(socket("s2"));
  EXPECT_EQ(fetch(a).size(), 1U);
  EXPECT_EQ(a.adapter->counts().at("incomplete"), 1) << "the third server has not answered";
}

TEST_P(Sharded, MessagesOfAnyOtherShapeAreCounted) {
  const Texts bad = {"",
                     "{",
                     "[]",
                     "\xc1",
                     R"({"uid":"x","nsp":"/","type":259})",
                     R"({"uid":"x","nsp":"/","type":3})",
                     R"({"uid":"x","nsp":"/","type":3,"data":{"opts":{},"packet":{"type":2,"data":[]}}})",
                     R"({"uid":"x","nsp":"/","type":4,"data":{"opts":{},"rooms":{}}})",
                     R"({"uid":"x","nsp":"/","type":7,"data":[]})",
                     R"({"uid":"x","nsp":"/","type":8,"data":{}})",
                     R"({"uid":"x","nsp":"/","type":9,"data":{"packet":[5]}})"};
  for (const auto& text : bad) publish("socket.io#/#", text);
  EXPECT_EQ(b.done(), Texts());
  EXPECT_EQ(b.adapter->counts().at("malformed"), static_cast<std::int64_t>(bad.size()));
}

TEST_P(Sharded, OtherNamespacesAndHeartbeatsAreNothing) {
  publish("socket.io#/#", R"({"uid":"x","nsp":"/other","type":4,"data":{"opts":{},"rooms":["a"]}})");
  for (const char* type : {"1", "2", "13"}) {
    publish("socket.io#/#", std::string(R"({"uid":"x","nsp":"/","type":)") + type + "}");
  }
  EXPECT_EQ(b.done(), Texts());
  EXPECT_EQ(b.adapter->counts().at("malformed"), 0);
}

}  // namespace
}  // namespace belfry::redis
