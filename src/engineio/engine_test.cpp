#include "engineio/engine.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/ids.h"
#include "engineio/testing.h"

namespace belfry::engineio {
namespace {

using testing::binary_message;
using testing::FakePoll;
using testing::FakeWebSocket;
using testing::text_message;
using testing::World;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

Options quick() {
  return testing::quick(300ms, 200ms);
}

TEST(Handshake, PollingAnswersTheOpenPacket) {
  World world(quick());
  FakePoll poll;
  const Session& session = world.engine.open_polling(nullptr, poll);
  ASSERT_EQ(poll.body().substr(0, 1), "0");
  const auto open = nlohmann::json::parse(poll.body().substr(1));
  EXPECT_EQ(open, (nlohmann::json{{"sid", session.sid()},
                                  {"upgrades", {"websocket"}},
                                  {"pingInterval", 300},
                                  {"pingTimeout", 200},
                                  {"maxPayload", 1000000}}));
  EXPECT_EQ(shard_of_sid(session.sid()), 7);
  EXPECT_EQ(world.engine.find(session.sid()), &session);
}

TEST(Handshake, WebSocketOffersNoUpgrade) {
  World world(quick());
  FakeWebSocket socket;
  world.engine.open_websocket(nullptr, socket);
  ASSERT_EQ(socket.sent.size(), 1u);
  EXPECT_EQ(nlohmann::json::parse(socket.sent[0].substr(1))["upgrades"], nlohmann::json::array());
}

TEST(Handshake, NoUpgradeIsOfferedWhereNoneIsAllowed) {
  Options options = quick();
  options.allow_upgrades = false;
  World world(options);
  FakePoll poll;
  Session& session = world.engine.open_polling(nullptr, poll);
  EXPECT_EQ(nlohmann::json::parse(poll.body().substr(1))["upgrades"], nlohmann::json::array());
  FakeWebSocket socket;
  EXPECT_FALSE(session.on_probe(socket));
}

TEST(Handshake, UnknownSidsAreNotFound) {
  World world;
  EXPECT_EQ(world.engine.find("nobody"), nullptr);
  EXPECT_EQ(world.engine.find(""), nullptr);
}

// ---- polling ----

TEST(Polling, WhatWaitsLeavesInOneAnswerInOrder) {
  World world(quick());
  Session& session = world.open_polling();
  session.send(text_message("a"));
  session.send(binary_message("b", std::string("\x00\xff", 2)));
  FakePoll poll;
  session.on_poll(poll);
  EXPECT_FALSE(poll.answered()) << "only at the end of the turn";
  session.send(text_message("c"));
  world.engine.flush();
  EXPECT_EQ(poll.body(),
            "4a\x1e"
            "4b\x1e"
            "bAP8=\x1e"
            "4c");
}

TEST(Polling, APollWaitsForAMessage) {
  World world(quick());
  Session& session = world.open_polling();
  FakePoll poll;
  session.on_poll(poll);
  world.engine.flush();
  EXPECT_FALSE(poll.answered());
  EXPECT_TRUE(session.writable());
  session.send(text_message("a"));
  world.engine.flush();
  EXPECT_EQ(poll.body(), "4a");
  EXPECT_FALSE(session.writable());
}

TEST(Polling, APostMayHoldManyPackets) {
  World world(quick());
  Session& session = world.open_polling();
  EXPECT_EQ(world.post(session,
                       "4a\x1e"
                       "bAP8=\x1e"
                       "4\x1e"
                       "4\xc3\xa9"),
            "<ok>");
  EXPECT_EQ(world.heard(session), (Lines{"a", std::string("#\x00\xff", 3), "", "\xc3\xa9"}));
}

TEST(Polling, InvalidPayloadsEndTheSession) {
  const Lines bodies{"",
                     "x",
                     "9",
                     "4a\x1e",
                     "\x1e"
                     "4a",
                     "4a\x1e\x1e"
                     "4b",
                     "b!",
                     "bA",
                     "7"};
  for (const auto& body : bodies) {
    World world(quick());
    Session& session = world.open_polling();
    const std::string sid = session.sid();
    world.post(session, body);
    EXPECT_EQ(world.heard(session).back(), "closed: parse error") << body;
    EXPECT_EQ(world.engine.find(sid), nullptr) << body;
  }
}

TEST(Polling, PacketsBehindAnInvalidOneAreNotHandled) {
  World world(quick());
  Session& session = world.open_polling();
  world.post(session,
             "4a\x1e"
             "x\x1e"
             "4b");
  EXPECT_EQ(world.heard(session), (Lines{"a", "closed: parse error"}));
}

TEST(Polling, ASecondGetEndsTheSession) {
  World world(quick());
  Session& session = world.open_polling();
  FakePoll first;
  FakePoll second;
  session.on_poll(first);
  session.on_poll(second);
  EXPECT_EQ(first.body(), "1");
  EXPECT_EQ(second.body(), "<refused>");
  EXPECT_EQ(world.heard(session), (Lines{"closed: transport error"}));
}

TEST(Polling, ThereIsNoSessionAnyMoreWhenASecondGetIsRefused) {
  World world;
  Session& session = world.open_polling();
  FakePoll first, second;
  bool found = true;
  second.on_answer = [&, sid = session.sid()] { found = world.engine.find(sid) != nullptr; };
  session.on_poll(first);
  session.on_poll(second);
  EXPECT_EQ(second.body(), "<refused>");
  EXPECT_FALSE(found) << "its connection may have the next GET already";
}

TEST(Polling, ASecondPostEndsTheSession) {
  World world(quick());
  Session& session = world.open_polling();
  FakePoll get;
  FakePoll first;
  FakePoll second;
  session.on_poll(get);
  EXPECT_TRUE(session.on_post_begin(first));
  EXPECT_FALSE(session.on_post_begin(second));
  EXPECT_EQ(get.body(), "1");
  EXPECT_EQ(first.body(), "<refused>");
  EXPECT_FALSE(second.answered()) << "its connection refuses it";
  EXPECT_EQ(world.heard(session), (Lines{"closed: transport error"}));
}

TEST(Polling, ADroppedPostMakesRoomForAnother) {
  World world(quick());
  Session& session = world.open_polling();
  FakePoll first;
  ASSERT_TRUE(session.on_post_begin(first));
  session.on_post_dropped();
  EXPECT_EQ(world.post(session, "4a"), "<ok>");
}

TEST(Polling, AClosePacketReleasesTheGet) {
  World world(quick());
  Session& session = world.open_polling();
  FakePoll get;
  session.on_poll(get);
  EXPECT_EQ(world.post(session,
                       "1\x1e"
                       "4late"),
            "<ok>");
  EXPECT_EQ(get.body(), "6");
  EXPECT_EQ(world.heard(session), (Lines{"closed: transport close"}));
}

TEST(Polling, AGetThatTheClientGivesUpEndsTheSession) {
  World world(quick());
  Session& session = world.open_polling();
  FakePoll get;
  session.on_poll(get);
  session.on_request_lost(get);
  EXPECT_FALSE(get.answered());
  EXPECT_EQ(world.heard(session), (Lines{"closed: transport close"}));
}

TEST(Polling, AnEndedSessionRefusesThePostThatIsBeingRead) {
  World world(quick());
  Session& session = world.open_polling();
  FakePoll post;
  ASSERT_TRUE(session.on_post_begin(post));
  session.fail(CloseReason::parse_error);
  EXPECT_EQ(post.body(), "<refused>");
}

// ---- heartbeat ----

TEST(Heartbeat, PingsAfterTheIntervalAndEndsWithoutAPong) {
  World world(quick());
  FakeWebSocket socket;
  Session& session = world.engine.open_websocket(nullptr, socket);
  world.pass(299ms);
  EXPECT_EQ(socket.sent.size(), 1u);
  world.pass(1ms);
  EXPECT_EQ(socket.sent.back(), "2");
  world.pass(199ms);
  EXPECT_TRUE(world.heard(session).empty());
  const std::string sid = session.sid();
  auto& heard = world.heard(session);
  world.pass(1ms);
  EXPECT_EQ(heard, (Lines{"closed: ping timeout"}));
  EXPECT_EQ(socket.closed, 1);
  EXPECT_EQ(world.engine.find(sid), nullptr);
  EXPECT_FALSE(world.engine.next_deadline()) << "nothing is left to wait for";
}

TEST(Heartbeat, ATimerThatComesLateGivesNoMoreTime) {
  World world(quick());
  FakeWebSocket socket;
  Session& session = world.engine.open_websocket(nullptr, socket);
  auto& heard = world.heard(session);
  const std::string sid = session.sid();
  world.now += 305ms;
  world.engine.tick();
  EXPECT_EQ(socket.sent.back(), "2");
  world.now += 194ms;
  EXPECT_EQ(world.engine.find(sid), &session);
  world.now += 1ms;
  EXPECT_EQ(world.engine.find(sid), nullptr) << "before its timer";
  EXPECT_EQ(heard, (Lines{"closed: ping timeout"}));
}

TEST(Heartbeat, AfterALongStandstillThereIsTimeForAPong) {
  World world(quick());
  FakeWebSocket socket;
  Session& session = world.engine.open_websocket(nullptr, socket);
  const std::string sid = session.sid();
  world.now += 5s;
  world.engine.tick();
  EXPECT_EQ(socket.sent.back(), "2");
  world.now += 150ms;
  EXPECT_EQ(world.engine.find(sid), &session);
}

TEST(Heartbeat, ThePeriodCountsFromTheLastPong) {
  World world(quick());
  FakeWebSocket socket;
  Session& session = world.engine.open_websocket(nullptr, socket);
  world.pass(300ms);
  world.pass(150ms);
  session.on_frame(socket, false, "3");
  world.pass(299ms);
  EXPECT_EQ(socket.sent.size(), 2u);
  world.pass(1ms);
  EXPECT_EQ(socket.sent.size(), 3u);
  EXPECT_EQ(socket.sent.back(), "2");
}

TEST(Heartbeat, OnlyAPongIsASignOfLife) {
  World world(quick());
  FakeWebSocket socket;
  Session& session = world.engine.open_websocket(nullptr, socket);
  auto& heard = world.heard(session);
  world.pass(300ms);
  session.on_frame(socket, false, "4hello");
  world.pass(200ms);
  EXPECT_EQ(heard, (Lines{"hello", "closed: ping timeout"}));
}

TEST(Heartbeat, APingOverPollingWaitsForAGet) {
  World world(quick());
  Session& session = world.open_polling();
  world.pass(300ms);
  FakePoll poll;
  session.on_poll(poll);
  world.engine.flush();
  EXPECT_EQ(poll.body(), "2");
  EXPECT_EQ(world.post(session, "3"), "<ok>");
  world.pass(250ms);
  EXPECT_TRUE(world.heard(session).empty());
}

TEST(Heartbeat, APingOfTheClientEndsTheSession) {
  World world(quick());
  Session& session = world.open_polling();
  world.post(session, "2");
  EXPECT_EQ(world.heard(session), (Lines{"closed: transport error"}));
}

TEST(Heartbeat, EachSessionHasItsOwn) {
  World world(quick());
  FakeWebSocket first;
  FakeWebSocket second;
  Session& one = world.engine.open_websocket(nullptr, first);
  world.pass(100ms);
  Session& two = world.engine.open_websocket(nullptr, second);
  world.pass(200ms);
  EXPECT_EQ(first.sent.back(), "2");
  EXPECT_EQ(second.sent.size(), 1u);
  one.on_frame(first, false, "3");
  auto& heard = world.heard(two);
  world.pass(300ms);
  EXPECT_EQ(heard, (Lines{"closed: ping timeout"}));
  EXPECT_TRUE(one.open());
}

// ---- bounds ----

TEST(Bounds, ASlowPollingClientIsClosedAtTheEndOfTheTurn) {
  Options options = quick();
  options.max_buffered_bytes = 100;
  World world(options);
  Session& session = world.open_polling();
  for (int i = 0; i < 30; ++i) session.send(text_message("1234567"));
  auto& heard = world.heard(session);
  EXPECT_TRUE(heard.empty()) << "sending never calls back";
  world.engine.flush();
  EXPECT_EQ(heard, (Lines{"closed: slow consumer"}));
  EXPECT_EQ(world.engine.size(), 0u);
}

TEST(Bounds, OneMessageMayBeLargerThanTheBound) {
  Options options = quick();
  options.max_buffered_bytes = 100;
  World world(options);
  FakeWebSocket socket;
  Session& over_websocket = world.engine.open_websocket(nullptr, socket);
  Session& over_polling = world.open_polling();
  for (Session* session : {&over_websocket, &over_polling}) {
    session->send(text_message("y"));
    session->send(text_message(std::string(1'000, 'x')));
  }
  world.engine.flush();
  EXPECT_EQ(world.engine.size(), 2u);
  for (Session* session : {&over_websocket, &over_polling}) session->send(text_message("z"));
  world.engine.flush();
  EXPECT_EQ(world.engine.size(), 0u);
}

TEST(Bounds, ASlowWebSocketIsClosedAtTheEndOfTheTurn) {
  Options options = quick();
  options.max_buffered_bytes = 100;
  World world(options);
  FakeWebSocket socket;
  Session& session = world.engine.open_websocket(nullptr, socket);
  session.send(text_message(std::string(100, 'x')));
  world.engine.flush();
  EXPECT_TRUE(session.open());
  session.send(text_message("y"));
  auto& heard = world.heard(session);
  world.engine.flush();
  EXPECT_EQ(heard, (Lines{"closed: slow consumer"}));
  EXPECT_EQ(socket.closed, 1);
}

TEST(Bounds, AWebSocketIsNotWritableWhileItIsCongested) {
  World world(quick());
  FakeWebSocket socket;
  Session& session = world.engine.open_websocket(nullptr, socket);
  EXPECT_TRUE(session.writable());
  socket.is_congested = true;
  EXPECT_FALSE(session.writable());
}

TEST(Bounds, VolatileMessagesStopBeforeTheyEndTheSession) {
  Options options = quick();
  options.max_buffered_bytes = 1000;
  World world(options);
  FakeWebSocket socket;
  Session& over_websocket = world.engine.open_websocket(nullptr, socket);
  Session& over_polling = world.open_polling();
  FakePoll poll;
  over_polling.on_poll(poll);
  for (Session* session : {&over_websocket, &over_polling}) {
    for (int i = 0; i < 1000 && session->writable(); ++i) session->send(text_message("volatile"));
  }
  world.engine.flush();
  EXPECT_EQ(world.engine.size(), 2u);
}

}  // namespace
}  // namespace belfry::engineio
