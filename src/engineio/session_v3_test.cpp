// Sessions of clients that speak version 3.
#include <gtest/gtest.h>

#include "engineio/engine.h"
#include "engineio/session.h"
#include "engineio/testing.h"

namespace belfry::engineio {
namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;
using testing::binary_message;
using testing::FakePoll;
using testing::FakeWebSocket;
using testing::quick;
using testing::text_message;
using testing::World;
using Lines = std::vector<std::string>;

constexpr Dialect kV3{.v3 = true};
constexpr Dialect kBase64{.v3 = true, .base64 = true};

Session& open_polling(World& world, Dialect dialect = kV3) {
  FakePoll poll;
  return world.engine.open_polling(nullptr, poll, dialect);
}

TEST(SessionV3, TheOpenPacketHasItsLength) {
  World world(quick());
  FakePoll poll;
  world.engine.open_polling(nullptr, poll, kV3);
  const auto body = poll.body();
  const auto colon = body.find(':');
  ASSERT_NE(colon, body.npos);
  EXPECT_EQ(std::stoul(body.substr(0, colon)), body.size() - colon - 1);
  EXPECT_EQ(body.substr(colon + 1, 9), "0{\"sid\":\"");
}

TEST(SessionV3, TheClientPings) {
  World world(quick(300ms, 200ms));
  Session& session = open_polling(world);
  const Lines& heard = world.heard(session);
  FakePoll poll;
  session.on_poll(poll);
  world.pass(499ms);
  EXPECT_EQ(world.post(session, "1:2"), "<ok>");
  world.engine.flush();
  EXPECT_EQ(poll.body(), "1:3");
  world.pass(499ms);
  EXPECT_TRUE(session.open());
  world.post(session, "6:4hello");
  world.pass(1ms);
  EXPECT_EQ(heard, (Lines{"hello", "closed: ping timeout"}));
}

TEST(SessionV3, OnlyTheClientPings) {
  World world(quick());
  Session& session = open_polling(world);
  world.post(session, "1:3");
  EXPECT_EQ(world.heard(session), (Lines{"closed: transport error"}));
}

TEST(SessionV3, PingsWithoutPollsGatherNoAnswers) {
  World world(quick());
  Session& session = open_polling(world);
  for (int i = 0; i < 10; ++i) world.post(session, "1:21:2");
  FakePoll poll;
  session.on_poll(poll);
  world.engine.flush();
  EXPECT_EQ(poll.body(), "1:3");
}

TEST(SessionV3, PingsOfAWebSocketThatReadsNothingEndIt) {
  World world(quick());
  FakeWebSocket socket;
  Session& session = world.engine.open_websocket(nullptr, socket, kV3);
  for (int i = 0; i < 30'000; ++i) session.on_frame(socket, false, "2");
  EXPECT_TRUE(session.open());
  socket.is_congested = true;
  for (int i = 0; i < 30'000 && session.open(); ++i) session.on_frame(socket, false, "2");
  EXPECT_EQ(world.heard(session), (Lines{"closed: slow consumer"}));
}

TEST(SessionV3, PayloadsAreBytesOnlyForBinaryData) {
  World world(quick());
  const auto polled = [&world](Dialect dialect, const MessageRef& message) {
    Session& session = open_polling(world, dialect);
    session.send(message);
    FakePoll poll;
    session.on_poll(poll);
    world.engine.flush();
    return (poll.answers.at(0).binary ? "bytes " : "text ") + poll.body();
  };
  EXPECT_EQ(polled(kV3, text_message("a")), "text 2:4a");
  EXPECT_EQ(polled(kV3, binary_message("a", "b")), "bytes "s +
                                                       "\x00\x02\xff"
                                                       "4a\x01\x02\xff\x04"
                                                       "b"s);
  EXPECT_EQ(polled(kBase64, binary_message("a", "b")), "text 2:4a6:b4Yg==");
}

TEST(SessionV3, ReadsBothKindsOfPayload) {
  World world(quick());
  Session& session = open_polling(world);
  world.post(session, "2:4a6:b4Yg==");
  FakePoll port;
  ASSERT_TRUE(session.on_post_begin(port));
  session.on_post_body(port,
                       "\x01\x02\xff\x04"
                       "c"s,
                       true);
  EXPECT_EQ(world.heard(session), (Lines{"a", "#b", "#c"}));
  world.post(session, "nonsense");
  EXPECT_EQ(world.heard(session).back(), "closed: parse error");
}

TEST(SessionV3, FramesHaveTheTypeInFront) {
  World world(quick());
  FakeWebSocket socket;
  Session& session = world.engine.open_websocket(nullptr, socket, kV3);
  session.on_frame(socket, false, "4a");
  session.on_frame(socket, true,
                   "\x04"
                   "b");
  session.on_frame(socket, false, "b4Yw==");
  session.on_frame(socket, true, "\x02");
  EXPECT_EQ(world.heard(session), (Lines{"a", "#b", "#c"}));
  EXPECT_EQ(socket.sent.back(), "3");
  session.on_frame(socket, true, "");
  EXPECT_EQ(world.heard(session).back(), "closed: parse error");
}

TEST(SessionV3, UpgradesAndPollsAreReleasedInItsForm) {
  World world(quick());
  Session& session = open_polling(world);
  FakePoll poll;
  session.on_poll(poll);
  FakeWebSocket socket;
  ASSERT_TRUE(session.on_probe(socket));
  session.on_frame(socket, false, "2probe");
  EXPECT_EQ(poll.body(), "1:6");
  session.on_frame(socket, false, "5");
  session.on_frame(socket, false, "2");
  EXPECT_EQ(socket.sent, (Lines{"3probe", "3"}));
}

}  // namespace
}  // namespace belfry::engineio
