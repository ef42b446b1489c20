// What happens to what waits for a client: needless messages, the mark, and the end of one that is too slow.
#include <gtest/gtest.h>

#include "engineio/engine.h"
#include "engineio/session.h"
#include "engineio/testing.h"

namespace belfry::engineio {
namespace {

using testing::FakePoll;
using testing::FakeWebSocket;
using testing::quick;
using Lines = std::vector<std::string>;

MessageRef message(std::string_view text, std::string key = {}) {
  Encoded encoded;
  encoded.frames = "4" + std::string(text);
  encoded.text = {0, static_cast<std::uint32_t>(encoded.frames.size())};
  encoded.key = std::move(key);
  return MessageRef(std::move(encoded));
}

/// An engine whose one handler writes down what it is told.
struct Watched {
  explicit Watched(const Options& options)
      : engine(
            options, 0, [] { return TimePoint(std::chrono::hours(1)); },
            [this](Session& session) { return std::make_unique<Handler>(*this, session); }) {}

  struct Handler : SessionHandler {
    Handler(Watched& to, Session& own) : watched(to), session(own) {}
    void on_message(bool, std::string_view) override {}
    void on_drain() override {
      watched.heard.push_back("drain at " + std::to_string(session.buffered_bytes()));
      if (watched.on_drain) watched.on_drain(session);
    }
    void on_close(CloseReason reason) override { watched.heard.push_back(std::string(text_of(reason))); }
    Watched& watched;
    Session& session;
  };

  Lines heard;
  std::function<void(Session&)> on_drain;
  Engine engine;
};

Options small() {
  Options options = quick();
  options.max_buffered_bytes = 100;
  options.drain_mark_bytes = 40;
  return options;
}

TEST(SlowClient, OnlyTheNewestOfAKeyWaitsForAPoll) {
  Watched world(small());
  FakePoll first;
  Session& session = world.engine.open_polling(nullptr, first);
  for (int i = 0; i < 1'000; ++i) {
    session.send(message("a" + std::to_string(i), "a"));
    if (i == 500) session.send(message("between"));
    session.send(message("b" + std::to_string(i), "b"));
  }
  EXPECT_EQ(session.buffered_bytes(), std::string("4between4a9994b999").size());
  FakePoll poll;
  session.on_poll(poll);
  world.engine.flush();
  EXPECT_EQ(poll.body(),
            "4between\x1e"
            "4a999\x1e"
            "4b999");
  EXPECT_EQ(session.buffered_bytes(), 0);
  EXPECT_EQ(world.engine.metrics().coalesced.get(), 1'998);
  // What has left is no longer waited for.
  session.send(message("a1000", "a"));
  FakePoll next;
  session.on_poll(next);
  world.engine.flush();
  EXPECT_EQ(next.body(), "4a1000");
  EXPECT_TRUE(world.heard.empty());
}

TEST(SlowClient, WhatWaitsGoesOverWithItsKeys) {
  Watched world(small());
  FakePoll first;
  Session& session = world.engine.open_polling(nullptr, first);
  session.send(message("a1", "a"));
  session.send(message("x"));
  session.send(message("a2", "a"));
  FakeWebSocket socket;
  ASSERT_TRUE(session.on_probe(socket));
  session.on_frame(socket, false, "5");
  EXPECT_EQ(socket.sent, (Lines{"4x", "4a2"}));
  EXPECT_EQ(socket.keys, (Lines{"", "a"}));
}

TEST(SlowClient, IsToldOfADrainOnceItHasBeenOverTheMark) {
  Watched world(small());
  FakePoll first;
  Session& session = world.engine.open_polling(nullptr, first);
  const auto fetch = [&] {
    FakePoll poll;
    session.on_poll(poll);
    world.engine.flush();
  };
  session.send(message(std::string(30, 'x')));
  fetch();
  EXPECT_TRUE(world.heard.empty());
  session.send(message(std::string(30, 'x')));
  session.send(message(std::string(30, 'x')));
  fetch();
  EXPECT_EQ(world.heard, (Lines{"drain at 0"}));
  session.send(message("x"));
  fetch();
  EXPECT_EQ(world.heard, (Lines{"drain at 0"}));
}

TEST(SlowClient, MayBeEndedByWhatIsToldOfADrain) {
  for (const auto reason : {CloseReason::forced_close, CloseReason::parse_error}) {
    Watched world(small());
    world.on_drain = [reason](Session& session) {
      if (reason == CloseReason::forced_close) return session.close(reason);
      session.fail(reason);
    };
    FakePoll first;
    Session& session = world.engine.open_polling(nullptr, first);
    session.send(message(std::string(60, 'x')));
    FakePoll poll;
    session.on_poll(poll);
    world.engine.flush();
    EXPECT_EQ(poll.body(), "4" + std::string(60, 'x'));
    EXPECT_EQ(world.heard, (Lines{"drain at 0", std::string(text_of(reason))}));
  }
}

TEST(SlowClient, HearsNothingWhenAWebSocketDrainsAfterTheEnd) {
  Watched world(small());
  FakeWebSocket socket;
  Session& session = world.engine.open_websocket(nullptr, socket);
  session.on_drained();
  EXPECT_EQ(world.heard, (Lines{"drain at 0"}));
  session.close(CloseReason::forced_close);
  session.on_drained();
  EXPECT_EQ(world.heard, (Lines{"drain at 0", "forced close"}));
}

TEST(SlowClient, IsEndedWithWhatWaits) {
  Watched world(small());
  FakeWebSocket socket;
  Session& session = world.engine.open_websocket(nullptr, socket);
  socket.queued = 0;
  for (int i = 0; i < 4; ++i) session.send(message(std::string(39, 'x')));
  world.engine.flush();
  EXPECT_EQ(world.heard, (Lines{"slow consumer"}));
  EXPECT_EQ(socket.queued, 0) << "dropped";
  EXPECT_EQ(socket.closed, 1);
  EXPECT_EQ(world.engine.metrics().discarded_bytes.get(), 160);

  FakePoll first;
  Session& polling = world.engine.open_polling(nullptr, first);
  for (int i = 0; i < 4; ++i) polling.send(message(std::string(39, 'x')));
  world.engine.flush();
  EXPECT_EQ(world.heard, (Lines{"slow consumer", "slow consumer"}));
  EXPECT_EQ(world.engine.metrics().discarded_bytes.get(), 320);
}

TEST(SlowClient, IsEndedByItsWebSocketThatStalls) {
  Watched world(small());
  FakeWebSocket socket;
  Session& session = world.engine.open_websocket(nullptr, socket);
  socket.queued = 0;
  session.send(message(std::string(39, 'x')));
  session.on_websocket_closed(socket, CloseReason::slow_consumer);
  EXPECT_EQ(world.heard, (Lines{"slow consumer"}));
  EXPECT_EQ(world.engine.metrics().discarded_bytes.get(), 40);
}

TEST(SlowClient, CountsWhatIsDropped) {
  Watched world(small());
  FakePoll first;
  Session& session = world.engine.open_polling(nullptr, first);
  EXPECT_FALSE(session.writable());
  session.count_dropped();
  EXPECT_EQ(world.engine.metrics().dropped_volatile.get(), 1);
}

}  // namespace
}  // namespace belfry::engineio
