// Which events a session has missed, and which answers it is given again.
#include "socketio/recovery/session.h"

#include <gtest/gtest.h>

namespace belfry::socketio {

namespace {

constexpr TimePoint kNow{};
constexpr std::size_t kMuch = 1 << 20;

// A socket `me` beside its log.
struct Scene {
  explicit Scene(std::size_t log_bytes = kMuch) : log(log_bytes, milliseconds(1'000)) {}

  RecoveryLog log;
  RecoverableSession session{"me", "me-secret", KeptReplies(3, 100)};
  EventNumber next = 100;

  // An event for `target`, which is sent to the socket over its connection where `sent` says so.
  EventNumber emit(Target target, bool sent = true) {
    Encoded encoded;
    encoded.frames = "frame";
    const EventNumber number = next++;
    const LogPosition position = log.add({number, std::make_shared<const Encoded>(std::move(encoded)),
                                          std::make_shared<const Target>(std::move(target))},
                                         kNow);
    if (sent) session.on_sent(position, number);
    return number;
  }
  void join(const char* room) { session.on_join(room, log.end()); }
  void leave(const char* room) { session.on_leave(room, log.end()); }
  void lose() { session.end(log.end()); }

  using Numbers = std::optional<std::vector<EventNumber>>;
  Numbers missed(std::optional<EventNumber> offset, std::size_t max_bytes = kMuch) {
    const auto events = session.missed(log, offset, max_bytes);
    if (!events) return std::nullopt;
    std::vector<EventNumber> numbers;
    for (const auto& event : *events) numbers.push_back(event.number);
    return numbers;
  }
};

Scene::Numbers numbers(std::vector<EventNumber> list) {
  return list;
}

const Target kAll{};
const Target kMe{.rooms = {"me"}, .except = {}};
const Target kRoom{.rooms = {"room"}, .except = {}};

}  // namespace

TEST(RecoverableSession, AllBehindTheOffsetThatWasForIt) {
  Scene scene;
  scene.session.begin(scene.log.end(), std::nullopt, {});
  const auto first = scene.emit(kMe);
  const auto second = scene.emit(kAll);
  scene.emit(kRoom, false);
  scene.lose();
  const auto third = scene.emit({.rooms = {"other", "me"}, .except = {}}, false);
  scene.emit({.rooms = {}, .except = {"me"}}, false);
  EXPECT_EQ(scene.missed(first), numbers({second, third}));
  EXPECT_EQ(scene.missed(second), numbers({third}));
  EXPECT_EQ(scene.missed(std::nullopt), numbers({first, second, third}));
  EXPECT_EQ(scene.missed(99), std::nullopt);
}

TEST(RecoverableSession, WhoWasSentNothingHasMissedWhatCameSince) {
  Scene scene;
  scene.emit(kAll, false);
  scene.session.begin(scene.log.end(), std::nullopt, {});
  scene.lose();
  EXPECT_EQ(scene.missed(std::nullopt), numbers({}));
  const auto since = scene.emit(kAll, false);
  EXPECT_EQ(scene.missed(std::nullopt), numbers({since}));
}

TEST(RecoverableSession, AnEventOfBeforeItBeganIsNoOffset) {
  Scene scene;
  const auto before = scene.emit(kAll, false);
  scene.session.begin(scene.log.end(), std::nullopt, {});
  scene.lose();
  EXPECT_EQ(scene.missed(before), std::nullopt);
}

TEST(RecoverableSession, AClientMayKeepAnOffsetOfASessionBefore) {
  Scene scene(1'000);
  const auto before = scene.emit(kAll, false);
  scene.session.begin(scene.log.end(), std::nullopt, {}, scene.next);
  const auto after = scene.next + 50;
  scene.lose();
  EXPECT_EQ(scene.missed(before), numbers({}));
  EXPECT_EQ(scene.missed(3), numbers({})) << "of another shard's log";
  EXPECT_EQ(scene.missed(after), std::nullopt);
  const auto first = scene.emit(kMe);
  EXPECT_EQ(scene.missed(before), numbers({first}));
  for (int i = 0; i < 100; ++i) scene.emit(kMe);
  EXPECT_EQ(scene.missed(before), std::nullopt) << "the log does not have all that it was sent";
}

TEST(RecoverableSession, ARoomIsCorrectedFromAPositionOn) {
  Scene scene;
  scene.join("room");
  scene.session.begin(scene.log.end(), std::nullopt, {});
  const auto first = scene.emit(kRoom, false);
  const auto since = scene.log.end();
  const auto second = scene.emit(kRoom, false);
  scene.lose();
  const auto collected = [&] {
    std::vector<LoggedEvent> events;
    scene.session.collect(scene.log, 0, events);
    std::vector<EventNumber> found;
    for (const auto& event : events) found.push_back(event.number);
    return found;
  };
  EXPECT_EQ(collected(), (std::vector{first, second}));
  scene.session.stays().correct("room", false, since);
  EXPECT_EQ(collected(), std::vector{first});
  scene.join("room");
  scene.session.stays().correct("room", true, since);
  EXPECT_EQ(collected(), (std::vector{first, second}));
}

TEST(RecoverableSession, ARoomFromTheTimeInItAndWithoutWhatIsExcepted) {
  Scene scene;
  scene.session.begin(scene.log.end(), std::nullopt, {});
  const auto offset = scene.emit(kMe);
  scene.emit(kRoom, false);
  scene.join("room");
  const auto in = scene.emit(kRoom);
  scene.emit({.rooms = {}, .except = {"room"}}, false);
  scene.leave("room");
  scene.emit(kRoom, false);
  scene.lose();
  scene.join("room");  // by the application, while nobody is there
  const auto again = scene.emit(kRoom, false);
  EXPECT_EQ(scene.missed(offset), numbers({in, again}));
}

TEST(RecoverableSession, WhatItInheritedComesAgainUntilItsClientHasIt) {
  Scene scene;
  scene.session.begin(scene.log.end(), 50,
                      {{51, std::make_shared<const Encoded>(), std::make_shared<const Target>(kAll)},
                       {52, std::make_shared<const Encoded>(), std::make_shared<const Target>(kAll)}});
  const auto here = scene.emit(kAll);
  scene.lose();
  EXPECT_EQ(scene.missed(50), numbers({51, 52, here}));
  EXPECT_EQ(scene.missed(51), numbers({52, here}));
  EXPECT_EQ(scene.missed(52), numbers({here}));
  EXPECT_EQ(scene.missed(here), numbers({}));
  scene.session.forget_inherited();
  EXPECT_EQ(scene.missed(52), numbers({here}));
  EXPECT_EQ(scene.missed(50), std::nullopt);
}

TEST(RecoverableSession, AQuietClientIsNotLostWithTheLogOfABusyNamespace) {
  Scene scene(1'000);
  scene.session.begin(scene.log.end(), std::nullopt, {});
  const auto mine = scene.emit(kMe);
  for (int i = 0; i < 100; ++i) scene.emit(kRoom, false);
  scene.lose();
  const auto missed = scene.emit(kMe, false);
  EXPECT_EQ(scene.log.find(mine), std::nullopt);
  EXPECT_EQ(scene.missed(mine), numbers({missed}));
  for (int i = 0; i < 100; ++i) scene.emit(kRoom, false);
  EXPECT_EQ(scene.missed(mine), std::nullopt) << "the log does not reach back to where it was lost";
}

TEST(RecoverableSession, MoreThanMayBeSentIsNotToBeHad) {
  Scene scene;
  scene.session.begin(scene.log.end(), std::nullopt, {});
  scene.lose();
  scene.emit(kMe, false);
  EXPECT_TRUE(scene.missed(std::nullopt, 1'000));
  for (int i = 0; i < 10; ++i) scene.emit(kMe, false);
  EXPECT_EQ(scene.missed(std::nullopt, 1'000), std::nullopt);
}

TEST(KeptReplies, AnEventThatComesAgainIsKnownByItsIdAndContent) {
  using Seen = KeptReplies::Seen;
  KeptReplies replies(3, 100);
  EXPECT_EQ(replies.on_event(1, 11), Seen::first);
  EXPECT_EQ(replies.on_event(1, 11), Seen::waiting);
  EXPECT_TRUE(replies.on_answer(1, {"[1]", {}}));
  EXPECT_EQ(replies.on_event(1, 11), Seen::answered);
  EXPECT_EQ(replies.answer(1).json, "[1]");
  EXPECT_EQ(replies.on_event(1, 12), Seen::first);
}

TEST(KeptReplies, AnAnswerIsSentOverTheConnectionThatAsked) {
  KeptReplies replies(3, 100);
  replies.on_event(1, 11);
  replies.on_connection_lost();
  EXPECT_FALSE(replies.on_answer(1, {"[1]", {}}));
  replies.on_event(2, 22);
  replies.on_connection_lost();
  replies.on_event(2, 22);
  EXPECT_TRUE(replies.on_answer(2, {"[2]", {}}));
}

TEST(KeptReplies, TheOldestAreForgottenPastTheBounds) {
  using Seen = KeptReplies::Seen;
  KeptReplies replies(3, 100);
  for (std::uint64_t id = 1; id <= 4; ++id) replies.on_event(id, id);
  EXPECT_EQ(replies.on_event(1, 1), Seen::first);
  replies.on_answer(3, {std::string(60, 'x'), {}});
  replies.on_answer(4, {std::string(60, 'x'), {}});
  EXPECT_EQ(replies.on_event(4, 4), Seen::answered);
  EXPECT_EQ(replies.on_event(3, 3), Seen::first);
}

}  // namespace belfry::socketio
