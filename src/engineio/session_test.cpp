// Upgrades, endings, and handlers and ports that call back.
#include "engineio/session.h"

#include <gtest/gtest.h>

#include "engineio/engine.h"
#include "engineio/testing.h"

namespace belfry::engineio {
namespace {

using testing::FakePoll;
using testing::FakeWebSocket;
using testing::quick;
using testing::text_message;
using testing::World;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

// ---- upgrading ----

TEST(Upgrade, WhatWaitsGoesOverInOrder) {
  World world(quick());
  Session& session = world.open_polling();
  FakeWebSocket socket;
  ASSERT_TRUE(session.on_probe(socket));
  session.on_frame(socket, false, "2probe");
  EXPECT_EQ(socket.sent, (Lines{"3probe"}));
  session.send(text_message("a"));
  session.send(text_message("b"));
  session.on_frame(socket, false, "5");
  session.send(text_message("c"));
  EXPECT_EQ(socket.sent, (Lines{"3probe", "4a", "4b", "4c"}));
  EXPECT_EQ(session.transport(), Transport::websocket);
  session.on_frame(socket, false, "4in");
  EXPECT_EQ(world.heard(session), (Lines{"in"}));
}

TEST(Upgrade, WhatPollingTookIsNotSentAgain) {
  World world(quick());
  Session& session = world.open_polling();
  FakePoll poll;
  session.on_poll(poll);
  FakeWebSocket socket;
  session.on_probe(socket);
  session.send(text_message("a"));
  session.on_frame(socket, false, "2probe");
  EXPECT_FALSE(poll.answered()) << "the poll has something to carry";
  world.engine.flush();
  EXPECT_EQ(poll.body(), "4a");
  session.on_frame(socket, false, "5");
  EXPECT_EQ(socket.sent, (Lines{"3probe"}));
}

TEST(Upgrade, ThePendingGetIsReleased) {
  World world(quick());
  Session& session = world.open_polling();
  FakePoll poll;
  session.on_poll(poll);
  FakeWebSocket socket;
  session.on_probe(socket);
  session.on_frame(socket, false, "2probe");
  EXPECT_EQ(poll.body(), "6");
  FakePoll next;
  session.on_poll(next);
  world.pass(99ms);
  EXPECT_FALSE(next.answered());
  world.pass(1ms);
  EXPECT_EQ(next.body(), "6");
}

TEST(Upgrade, AGetThatStillWaitsIsReleasedByTheUpgrade) {
  World world(quick());
  Session& session = world.open_polling();
  FakeWebSocket socket;
  session.on_probe(socket);
  session.on_frame(socket, false, "2probe");
  FakePoll poll;
  session.on_poll(poll);
  session.on_frame(socket, false, "5");
  EXPECT_EQ(poll.body(), "6");
}

TEST(Upgrade, ASecondProbeIsNotWelcomeAndTheFirstGoesOn) {
  World world(quick());
  Session& session = world.open_polling();
  FakeWebSocket first;
  FakeWebSocket second;
  ASSERT_TRUE(session.on_probe(first));
  EXPECT_FALSE(session.on_probe(second));
  session.on_frame(first, false, "2probe");
  session.on_frame(first, false, "5");
  EXPECT_EQ(session.transport(), Transport::websocket);
  EXPECT_FALSE(session.on_probe(second)) << "nor is one after the upgrade";
}

TEST(Upgrade, AnythingElseClosesTheProbeAndLeavesPollingAsItWas) {
  for (const std::string frame : {"4early", "2", "2prob", "3probe", "1", "", "x", "5x"}) {
    World world(quick());
    Session& session = world.open_polling();
    FakeWebSocket socket;
    session.on_probe(socket);
    session.on_frame(socket, false, frame);
    EXPECT_EQ(socket.closed, 1) << frame;
    EXPECT_EQ(world.post(session, "4still"), "<ok>") << frame;
    EXPECT_EQ(world.heard(session), (Lines{"still"})) << frame;
    FakeWebSocket again;
    EXPECT_TRUE(session.on_probe(again)) << frame;
  }
}

TEST(Upgrade, ABinaryFrameClosesTheProbe) {
  World world(quick());
  Session& session = world.open_polling();
  FakeWebSocket socket;
  session.on_probe(socket);
  session.on_frame(socket, true, "2probe");
  EXPECT_EQ(socket.closed, 1);
  EXPECT_TRUE(session.open());
}

TEST(Upgrade, ALostProbeLeavesPollingAsItWas) {
  World world(quick());
  Session& session = world.open_polling();
  FakeWebSocket socket;
  session.on_probe(socket);
  session.on_frame(socket, false, "2probe");
  session.on_websocket_closed(socket, CloseReason::transport_close);
  EXPECT_EQ(socket.closed, 0) << "it is no longer there";
  FakePoll poll;
  session.on_poll(poll);
  world.pass(5s);
  EXPECT_FALSE(poll.answered());
  session.send(text_message("a"));
  world.engine.flush();
  EXPECT_EQ(poll.body(), "4a");
}

TEST(Upgrade, AProbeThatStaysSilentIsClosed) {
  World world(quick());
  Session& session = world.open_polling();
  FakeWebSocket socket;
  session.on_probe(socket);
  world.pass(999ms);
  EXPECT_EQ(socket.closed, 0);
  world.pass(1ms);
  EXPECT_EQ(socket.closed, 1);
  EXPECT_TRUE(session.open());
}

TEST(Upgrade, FramesOfAStrangerAreIgnored) {
  World world(quick());
  Session& session = world.open_polling();
  FakeWebSocket stranger;
  session.on_frame(stranger, false, "4a");
  session.on_websocket_closed(stranger, CloseReason::transport_close);
  EXPECT_TRUE(session.open());
  EXPECT_TRUE(world.heard(session).empty());
}

TEST(Upgrade, ALostWebSocketEndsTheSession) {
  World world(quick());
  FakeWebSocket socket;
  Session& session = world.engine.open_websocket(nullptr, socket);
  session.on_websocket_closed(socket, CloseReason::transport_error);
  EXPECT_EQ(world.heard(session), (Lines{"closed: transport error"}));
  EXPECT_EQ(socket.closed, 0);
}

// ---- ending ----

// The stock client handles messages a little later than a close packet: in one payload they would come too
// late.
TEST(Ending, TheRestLeavesBeforeTheClosePacket) {
  World world(quick());
  Session& session = world.open_polling();
  session.send(text_message("bye"));
  session.close(CloseReason::forced_close);
  session.send(text_message("late"));
  EXPECT_EQ(world.heard(session), (Lines{"closed: forced close"}));
  world.pass(1999ms);
  ASSERT_EQ(world.engine.find(session.sid()), &session);
  FakePoll poll;
  session.on_poll(poll);
  world.engine.flush();
  EXPECT_EQ(poll.body(), "4bye");
  FakePoll last;
  session.on_poll(last);
  world.engine.flush();
  EXPECT_EQ(last.body(), "1");
  EXPECT_EQ(world.engine.size(), 0u);
}

TEST(Ending, ALingeringSessionTakesNoPosts) {
  World world(quick());
  Session& session = world.open_polling();
  session.close(CloseReason::forced_close);
  EXPECT_EQ(world.post(session, "4a"), "<not welcome>");
  EXPECT_EQ(world.heard(session), (Lines{"closed: forced close"}));
}

TEST(Ending, ALingeringSessionEndsAfterItsTime) {
  World world(quick());
  Session& session = world.open_polling();
  session.close(CloseReason::forced_close);
  world.pass(2s);
  EXPECT_EQ(world.engine.size(), 0u);
  EXPECT_FALSE(world.engine.next_deadline());
}

TEST(Ending, CloseAllEndsEverySessionOnce) {
  World world(quick());
  FakeWebSocket socket;
  Session& one = world.open_polling();
  Session& two = world.engine.open_websocket(nullptr, socket);
  auto& first = world.heard(one);
  auto& second = world.heard(two);
  world.engine.close_all(CloseReason::server_shutdown);
  world.engine.close_all(CloseReason::server_shutdown);
  world.pass(10s);
  EXPECT_EQ(first, (Lines{"closed: server shutting down"}));
  EXPECT_EQ(second, (Lines{"closed: server shutting down"}));
  EXPECT_EQ(socket.closed, 1);
}

// ---- handlers and ports that call back ----

TEST(Reentry, AHandlerMayCloseItsSession) {
  World world(quick());
  Session& session = world.open_polling();
  world.ear(session).on_message = [](Session& own, std::string_view) {
    own.send(text_message("last"));
    own.close(CloseReason::forced_close);
  };
  EXPECT_EQ(world.post(session,
                       "4a\x1e"
                       "4b"),
            "<ok>");
  EXPECT_EQ(world.heard(session), (Lines{"a", "closed: forced close"}));
}

TEST(Reentry, AHandlerMaySendWhenItsSessionEnds) {
  World world(quick());
  Session& session = world.open_polling();
  FakeWebSocket socket;
  Session& other = world.engine.open_websocket(nullptr, socket);
  world.ear(session).on_close = [&other](Session& own) {
    own.send(text_message("to nobody"));
    own.close(CloseReason::forced_close);
    other.send(text_message("gone"));
  };
  session.fail(CloseReason::parse_error);
  world.engine.flush();
  EXPECT_EQ(socket.sent.back(), "4gone");
}

TEST(Reentry, EndingsMayEndOthers) {
  World world(quick());
  std::vector<FakePoll> polls(50);
  std::vector<Session*> sessions;
  for (std::size_t i = 0; i < polls.size(); ++i) {
    sessions.push_back(&world.open_polling());
    sessions[i]->on_poll(polls[i]);
    if (i > 0) {
      world.ear(*sessions[i]).on_close = [other = sessions[i - 1]](Session&) {
        other->close(CloseReason::forced_close);
      };
    }
  }
  sessions.back()->close(CloseReason::forced_close);
  world.engine.flush();
  EXPECT_EQ(world.engine.size(), 0u);
  for (const auto& poll : polls) EXPECT_EQ(poll.body(), "1");
}

TEST(Reentry, AClosedSessionAnswersThePostThatIsBeingRead) {
  World world(quick());
  Session& session = world.open_polling();
  FakePoll get;
  FakePoll post;
  session.on_poll(get);
  ASSERT_TRUE(session.on_post_begin(post));
  session.close(CloseReason::forced_close);
  world.engine.flush();
  EXPECT_EQ(get.body(), "1");
  EXPECT_EQ(post.body(), "<refused>") << "the session is gone, and must not leave a request behind";
}

TEST(Reentry, AnEndedSessionIsNotFoundByTheNextRequestOfAnAnsweredConnection) {
  World world(quick());
  Session& session = world.open_polling();
  const std::string sid = session.sid();
  FakePoll get;
  bool found = true;
  get.on_answer = [&] { found = world.engine.find(sid) != nullptr; };
  session.on_poll(get);
  session.fail(CloseReason::parse_error);
  EXPECT_TRUE(get.answered());
  EXPECT_FALSE(found);
}

TEST(Reentry, ALastAnswerLeavesNoSessionForTheNextRequest) {
  World world(quick());
  Session& session = world.open_polling();
  const std::string sid = session.sid();
  FakePoll get;
  bool found = true;
  get.on_answer = [&] { found = world.engine.find(sid) != nullptr; };
  session.on_poll(get);
  session.close(CloseReason::forced_close);
  world.engine.flush();
  EXPECT_EQ(get.body(), "1");
  EXPECT_FALSE(found);
}

TEST(Reentry, ASessionThatEndsWhileItsGetIsReleasedLeavesNoTimer) {
  World world(quick());
  Session& session = world.open_polling();
  FakeWebSocket socket;
  session.on_probe(socket);
  session.on_frame(socket, false, "2probe");
  FakePoll get;
  get.on_answer = [&] { world.post(session, "1"); };
  session.on_poll(get);
  world.pass(100ms);
  EXPECT_TRUE(get.answered());
  EXPECT_EQ(world.engine.size(), 0u);
  EXPECT_FALSE(world.engine.next_deadline());
  world.pass(5s);
}

TEST(Reentry, WhatIsSentWhileAGetIsReleasedStaysBehindWhatWaits) {
  World world(quick());
  Session& session = world.open_polling();
  FakeWebSocket socket;
  session.on_probe(socket);
  session.on_frame(socket, false, "2probe");
  session.send(text_message("first"));
  FakePoll get;
  get.on_answer = [&] { session.send(text_message("second")); };
  session.on_poll(get);
  session.on_frame(socket, false, "5");
  EXPECT_EQ(socket.sent, (Lines{"3probe", "4first", "4second"}));
}

}  // namespace
}  // namespace belfry::engineio
