// A session whose client has to wait.
#include <gtest/gtest.h>

#include <algorithm>

#include "engineio/testing.h"

namespace belfry::engineio {

using testing::FakePoll;
using testing::FakeWebSocket;
using testing::quick;
using testing::World;

using namespace std::chrono_literals;

TEST(Hold, AWebSocketIsNotReadUntilItEnds) {
  World world(quick());
  FakeWebSocket socket;
  Session& session = world.engine.open_websocket(nullptr, socket);
  session.hold(true);
  EXPECT_TRUE(socket.paused);
  session.hold(false);
  EXPECT_FALSE(socket.paused);
}

TEST(Hold, APostIsAnsweredWhenItEnds) {
  World world(quick());
  Session& session = world.open_polling();
  world.ear(session).on_message = [](Session& own, std::string_view) { own.hold(true); };
  FakePoll post;
  ASSERT_TRUE(session.on_post_begin(post));
  session.on_post_body(post,
                       "4one\x1e"
                       "4two");
  EXPECT_FALSE(post.answered());
  EXPECT_EQ(world.heard(session), (std::vector<std::string>{"one", "two"})) << "what has come is handed on";
  session.hold(false);
  EXPECT_EQ(post.body(), "<ok>");
  EXPECT_EQ(world.post(session, "4three"), "<0 answers>") << "held again";
}

TEST(Hold, AnotherPostMeanwhileIsAFault) {
  World world(quick());
  Session& session = world.open_polling();
  session.hold(true);
  FakePoll post;
  ASSERT_TRUE(session.on_post_begin(post));
  session.on_post_body(post, "4one");
  FakePoll other;
  EXPECT_FALSE(session.on_post_begin(other));
  EXPECT_EQ(post.body(), "<refused>");
  EXPECT_FALSE(session.open());
}

TEST(Hold, APostThatIsGivenUpMeanwhileEndsTheSession) {
  World world(quick());
  Session& session = world.open_polling();
  session.hold(true);
  FakePoll post;
  ASSERT_TRUE(session.on_post_begin(post));
  session.on_post_body(post, "4one");
  session.on_request_lost(post);
  session.hold(false);
  EXPECT_FALSE(post.answered());
  EXPECT_EQ(world.heard(session).back(), "closed: transport close");
}

TEST(Hold, HeartbeatsThatCannotBeHeardAreNotMissed) {
  World world(quick(1000ms, 500ms));
  FakeWebSocket socket;
  Session& session = world.engine.open_websocket(nullptr, socket);
  const auto& heard = world.heard(session);
  session.hold(true);
  world.pass(3200ms);
  EXPECT_TRUE(session.open());
  EXPECT_GE(std::ranges::count(socket.sent, "2"), 3) << "the client hears that the server lives";
  session.hold(false);
  world.pass(600ms);
  EXPECT_EQ(heard.back(), "closed: ping timeout");
  EXPECT_EQ(socket.why, CloseReason::ping_timeout);
}

TEST(Hold, GoesOverToTheWebSocketOfAnUpgrade) {
  World world(quick());
  Session& session = world.open_polling();
  FakeWebSocket socket;
  ASSERT_TRUE(session.on_probe(socket));
  session.on_frame(socket, false, "2probe");
  session.hold(true);
  EXPECT_FALSE(socket.paused);
  session.on_frame(socket, false, "5");
  EXPECT_TRUE(socket.paused);
}

}  // namespace belfry::engineio
