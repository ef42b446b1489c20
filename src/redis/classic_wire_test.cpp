#include "redis/classic_wire.h"

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

const MakeWire kClassic = [](WireContext context) {
  return std::make_unique<ClassicWire>(std::move(context));
};

RemoteSocket socket(const std::string& id, const Texts& rooms = {}) {
  RemoteSocket made;
  made.id = id;
  made.rooms = rooms;
  made.rooms.push_back(id);
  return made;
}

// Two servers, and what a third may publish.
class Classic : public ::testing::Test {
 protected:
  void publish(const std::string& channel, const std::string& payload) {
    hub.run([this, channel, payload] { hub.publish(Listen::channel, channel, payload); });
    hub.settle();
  }
  void publish_packed(const std::string& channel, const Value& message) {
    publish(channel, socketio::write_msgpack(message));
  }
  Sockets fetch(Node& node, const Target& target = {}) {
    return node.ask<Sockets>(
        [target](Adapter& adapter, auto give) { adapter.fetch_sockets("/", target, give); });
  }
  std::vector<AckOutcome> ask_all(Node& node, std::chrono::milliseconds timeout) {
    return node.ask<std::vector<AckOutcome>>([timeout](Adapter& adapter, auto give) {
      adapter.broadcast_with_ack("/", make_payload("q"), {}, {}, timeout, give);
    });
  }
  // Somebody who counts as a server, and answers nothing or what `answer` does.
  void add_mute(std::function<void(const Value& request)> answer = {}) {
    hub.run([this, answer] {
      hub.ears.push_back(
          {this, Listen::channel, "socket.io-request#/#", [answer](const Published& published) {
             const auto request = read_message(published.payload);
             if (answer && request) answer(*request);
           }});
    });
  }

  Hub hub;
  RedisAdapterOptions options{.request_timeout = kShort};
  Node a{hub, options, kClassic};
  Node b{hub, options, kClassic};
};

TEST_F(Classic, ABroadcastIsDoneHereAndThere) {
  b.add_socket(socket("s1", {"red"}));
  a.adapter->broadcast("/", make_payload("news", Value::binary({'x'})), {{"red"}, {"blue"}},
                       {.is_volatile = true, .compress = false, .key = "k"});
  const Texts expected = {
      R"(emit / ["news",{"_placeholder":true,"num":0}] +x in red but blue volatile plain key=k)"};
  EXPECT_EQ(a.done(), expected);
  EXPECT_EQ(b.done(), expected);
}

TEST_F(Classic, ABroadcastToARoomThatNobodyIsInIsNotRead) {
  publish("socket.io#/#red#", "no message at all");
  EXPECT_EQ(b.adapter->counts().at("malformed"), 0);
  b.add_socket(socket("s1", {"red"}));
  publish("socket.io#/#red#", "no message at all");
  EXPECT_EQ(b.adapter->counts().at("malformed"), 1);
}

TEST_F(Classic, WhatIsLocalStaysHere) {
  a.adapter->broadcast("/", make_payload("news"), {}, {.local = true});
  EXPECT_EQ(a.done().size(), 1U);
  EXPECT_EQ(b.done(), Texts());
}

TEST_F(Classic, OnlyTheNamespaceOfThePacketCounts) {
  a.adapter->on_namespace("/a", true);
  a.adapter->on_namespace("/a#b", true);
  const Value packet = {{"type", 2}, {"data", {"x"}}, {"nsp", "/a#b"}};
  publish_packed("socket.io#/a#b#", {"other", packet, {{"rooms", Value::array()}}});
  EXPECT_EQ(a.done(), Texts{R"(emit /a#b ["x"] in)"});
  publish_packed("socket.io#/#", {"other", {{"type", 2}, {"data", {"x"}}}, {{"rooms", Value::array()}}});
  EXPECT_EQ(a.done(), Texts{R"(emit / ["x"] in)"});
}

TEST_F(Classic, RoomsAndDisconnectsAreChangedHereAtOnceAndThere) {
  a.adapter->join("/", {{"r"}, {"x"}}, {"new"});
  a.adapter->leave("/", {}, {"old", "older"});
  a.adapter->disconnect("/", {{"r"}, {}}, true);
  const Texts expected = {"join / in r but x new", "leave / in old older", "disconnect / in r close"};
  EXPECT_EQ(a.done(), expected);
  EXPECT_EQ(b.done(), expected);
}

TEST_F(Classic, AnEmitterIsHeard) {
  publish("socket.io-request#/#", R"({"type":2,"opts":{"rooms":["r"],"except":[]},"rooms":["new"]})");
  publish("socket.io-request#/#", R"({"uid":"emitter","type":6,"data":["mute",1]})");
  const Texts expected = {"join / in r new", "server event / mute [1]"};
  EXPECT_EQ(a.done(), expected);
  EXPECT_EQ(b.done(), expected);
}

TEST_F(Classic, SocketsOfAllServersAreFetched) {
  a.add_socket(socket("s1"));
  b.add_socket(socket("s2", {"red"}));
  EXPECT_EQ(fetch(a).size(), 2U);
  EXPECT_EQ(fetch(a, {{"red"}, {}}).at(0).id, "s2");
  EXPECT_EQ(a.ask<Texts>([](Adapter& adapter, auto give) { adapter.fetch_rooms("/", give); }), Texts{"red"});
  EXPECT_EQ(a.ask<std::size_t>([](Adapter& adapter, auto give) { adapter.server_count(give); }), 2U);
}

TEST_F(Classic, WhoDoesNotAnswerIsMissingAndTheRestIsThere) {
  add_mute();
  a.add_socket(socket("s1"));
  b.add_socket(socket("s2"));
  EXPECT_EQ(fetch(a).size(), 2U);
  EXPECT_EQ(a.adapter->counts().at("incomplete"), 1);
}

TEST_F(Classic, AnAnswerThatComesTwiceCountsOnceAndGarbageNotAtAll) {
  add_mute([this](const Value& request) {
    const std::string id = text_member(request, "requestId");
    const auto respond = [this](const std::string& text) {
      hub.publish(Listen::channel, "socket.io-response#/#", text);
    };
    respond("{");
    respond(R"({"requestId":")" + id + R"(","sockets":[{"nothing":1}]})");
    respond(R"({"requestId":")" + id + R"(","type":8,"clientCount":-1})");
    for (int i = 0; i < 2; ++i) respond(R"({"requestId":")" + id + R"(","sockets":[{"id":"s3"}]})");
    respond(R"({"requestId":"another","sockets":[{"id":"s4"}]})");
  });
  b.add_socket(socket("s2"));
  EXPECT_EQ(fetch(a).size(), 2U);
  EXPECT_EQ(a.adapter->counts().at("incomplete"), 0);
  EXPECT_EQ(a.adapter->counts().at("malformed"), 2);
}

TEST_F(Classic, AnAnswerThatComesTooLateIsForNobody) {
  std::string id;
  add_mute([&id](const Value& request) { id = text_member(request, "requestId"); });
  EXPECT_EQ(fetch(a).size(), 0U);
  publish("socket.io-response#/#", R"({"requestId":")" + id + R"(","sockets":[{"id":"s3"}]})");
  EXPECT_EQ(a.adapter->counts().at("malformed"), 0);
}

TEST_F(Classic, ServersAnswerAnEventOnceEach) {
  const auto ask = [this](const char* event) {
    return a.ask<std::vector<AckResult>>([event](Adapter& adapter, auto give) {
      adapter.server_side_emit("/", make_payload(event, 5), give);
    });
  };
  b.name = "b";
  const auto answers = ask("twice");
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0]->at(0), "once");
  EXPECT_EQ(b.done(), Texts{"server event / twice [5]"});
  EXPECT_EQ(a.done(), Texts());
  const auto none = ask("mute");
  ASSERT_EQ(none.size(), 1U);
  EXPECT_EQ(none[0].error().kind, ErrorKind::timed_out);
}

TEST_F(Classic, EverySocketIsAskedForAnAcknowledgement) {
  a.add_socket(socket("s1"));
  b.add_socket(socket("s2"));
  b.local.answer = Args(std::vector<Value>{Value::binary({'b'})});
  const auto outcomes = ask_all(a, testing::kLimit);
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].socket_id, "s1");
  EXPECT_EQ(outcomes[1].socket_id, "s2");
  EXPECT_EQ(outcomes[1].result->at(0), Value::binary({'b'}));
}

TEST_F(Classic, AcknowledgementsThatAreMissingAreKnownByTheirNumber) {
  a.add_socket(socket("s1"));
  b.add_socket(socket("s2"));
  b.local.answer = fail(ErrorKind::timed_out, "no answer");
  const auto outcomes = ask_all(a, kShort);
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[1].socket_id, "");
  EXPECT_EQ(outcomes[1].result.error().kind, ErrorKind::timed_out);
}

TEST_F(Classic, ANamespaceThatNobodyIsInCanBeAskedFor) {
  b.adapter->on_namespace("/far", true);
  b.add_socket(socket("s2"));
  const auto found =
      a.ask<Sockets>([](Adapter& adapter, auto give) { adapter.fetch_sockets("/far", {}, give); });
  EXPECT_EQ(found.size(), 1U);
  a.done();
  hub.run([this] { EXPECT_EQ(hub.count(Listen::channel, "socket.io-request#/far#"), 1); });
  hub.settle();
}

TEST_F(Classic, WithoutRedisAllGoesOnHere) {
  a.add_socket(socket("s1"));
  b.add_socket(socket("s2"));
  a.client->set_away(true);
  a.adapter->broadcast("/", make_payload("news"), {}, {});
  a.adapter->join("/", {}, {"new"});
  EXPECT_EQ(a.done(), (Texts{R"(emit / ["news"] in)", "join / in new"}));
  EXPECT_EQ(b.done(), Texts());
  EXPECT_EQ(fetch(a).size(), 1U);
  EXPECT_EQ(ask_all(a, testing::kLimit).size(), 1U);
  EXPECT_EQ(a.adapter->counts().at("unsent"), 2);
  a.client->set_away(false);
  EXPECT_EQ(fetch(a).size(), 2U);
}

TEST_F(Classic, AnswersGoWhereOnlyWhoAskedListens) {
  options.specific_response_channel = true;
  Node c{hub, options, kClassic};
  Node d{hub, options, kClassic};
  d.add_socket(socket("s4"));
  hub.run([this] {
    hub.hears = [](const std::string& channel, const std::string&) {
      return channel != "socket.io-response#/#";
    };
  });
  EXPECT_EQ(fetch(c).size(), 1U);
}

TEST_F(Classic, OlderServersAreAnswered) {
  b.add_socket(socket("s2", {"red"}));
  publish("socket.io-request#/#", R"({"requestId":"i","type":0,"rooms":["red"]})");
  publish("socket.io-request#/#", R"({"requestId":"r","type":1})");
  publish("socket.io-request#/#", R"({"requestId":"j","type":2,"sid":"s2","room":"new"})");
  EXPECT_EQ(b.done(), Texts{"join / in s2 new"});
  std::set<std::string> responses;
  hub.run([&] {
    for (const auto& [channel, payload] : hub.published) {
      if (channel == "socket.io-response#/#") responses.insert(payload);
    }
  });
  hub.settle();
  EXPECT_TRUE(responses.contains(R"({"requestId":"i","sockets":["s2"]})"));
  EXPECT_TRUE(responses.contains(R"({"requestId":"r","rooms":["red","s2"]})"));
  EXPECT_TRUE(responses.contains(R"({"requestId":"j"})"));
}

TEST_F(Classic, RequestsOfAnyOtherShapeAreCounted) {
  const Texts bad = {"{}",
                     R"({"type":258,"opts":{}})",
                     R"({"type":"2"})",
                     R"({"type":2})",
                     R"({"type":2,"opts":{},"rooms":5})",
                     R"({"type":5,"requestId":"x"})",
                     R"({"type":6,"data":{}})",
                     R"({"type":7,"opts":{},"packet":{"type":2,"data":[]}})",
                     R"({"type":7,"opts":{},"packet":{"type":3,"data":["x"]}})",
                     "\xc1",
                     ""};
  for (const auto& text : bad) publish("socket.io-request#/#", text);
  for (const char* text : {"", "x", "{}", "[1,2,3]", "\x93\xc0\xc0\xc0"}) publish("socket.io#/#", text);
  EXPECT_EQ(b.done(), Texts());
  EXPECT_GE(b.adapter->counts().at("malformed"), static_cast<std::int64_t>(bad.size() + 4));
}

}  // namespace
}  // namespace belfry::redis
