#include "services/calls/live.h"

#include <gtest/gtest.h>

namespace belfry::calls {
namespace {

using Texts = std::vector<std::string>;

constexpr milliseconds kPause{1'000};

TimePoint at(int ms) {
  return TimePoint() + std::chrono::hours(1) + milliseconds(ms);
}

Call ringing() {
  return {.id = "call",
          .conversation_id = "visit",
          .caller_id = "ann",
          .recipient_id = "ben",
          .call_type = "video"};
}
Call active() {
  Call call = ringing();
  call.state = State::active;
  return call;
}
Signal signal_of(const std::string& sender, int n = 0, std::size_t bytes = 10) {
  return {.sender_id = sender, .signal = n, .signal_type = "offer", .bytes = bytes};
}
Result<std::optional<std::string>> send(LiveCalls& calls, const std::string& from, int n = 0,
                                        std::size_t bytes = 10) {
  return calls.signal("call", from == "ann" ? "ben" : "ann", signal_of(from, n, bytes));
}

bool is_kept(const Result<std::optional<std::string>>& sent) {
  return sent.has_value() && !sent->has_value();
}

/// Ann has called Ben, who has accepted.
LiveCalls in_call() {
  LiveCalls calls;
  calls.add(ringing(), "ann's phone", at(0));
  calls.accept(active(), "ben's phone");
  return calls;
}
/// The same, where Ann's phone is on another node.
LiveCalls called_from_elsewhere() {
  LiveCalls calls;
  calls.add(ringing(), "ann's phone", at(0), "b");
  calls.accept(active(), "ben's phone");
  calls.move_elsewhere("ann", "call", "ann's phone", "b:1");
  return calls;
}

TEST(LiveCalls, RingUntilTheTimeOut) {
  LiveCalls calls;
  calls.add(ringing(), "ann's phone", at(0));
  EXPECT_EQ(calls.next_deadline(), at(30'000));
  EXPECT_TRUE(calls.due(at(29'999)).empty());
  const auto overdue = calls.due(at(30'000));
  ASSERT_EQ(overdue.size(), 1u);
  EXPECT_EQ(overdue[0].lost_user, "");
  EXPECT_TRUE(calls.due(at(30'001)).empty()) << "once";
  EXPECT_EQ(calls.next_deadline(), std::nullopt);
}

TEST(LiveCalls, AnAcceptedCallDoesNotRing) {
  LiveCalls calls = in_call();
  EXPECT_EQ(calls.next_deadline(), std::nullopt);
  EXPECT_EQ(calls.ringing_for("ben"), nullptr);
  EXPECT_EQ(calls.count(State::active), 1u);
}

TEST(LiveCalls, RingOnEachDeviceOnceWheneverItComes) {
  LiveCalls calls;
  calls.add(ringing(), "ann's phone", at(0));
  EXPECT_FALSE(calls.rings("call"));
  EXPECT_EQ(calls.ring("call", {"phone"}), Texts{"phone"});
  EXPECT_EQ(calls.ring("call", {"phone", "laptop"}), Texts{"laptop"});
  EXPECT_TRUE(calls.rings("call"));
  calls.accept(active(), "phone");
  EXPECT_EQ(calls.ring("call", {"tablet"}), Texts());
}

TEST(LiveCalls, SignalsGoToTheOtherDevice) {
  LiveCalls calls = in_call();
  EXPECT_EQ(**send(calls, "ann"), "ben's phone");
  EXPECT_EQ(**send(calls, "ben"), "ann's phone");
  EXPECT_EQ(calls.signal("call", "ben", signal_of("cid")).error().message, "Call not found");
  EXPECT_EQ(calls.signal("other", "ben", signal_of("ann")).error().message, "Call not found");
  EXPECT_EQ(calls.signal("call", "ann", signal_of("ann")).error().field, "recipientId");
}

TEST(LiveCalls, WhatTheCallerSignalsEarlyIsKeptInOrderForTheDeviceThatAccepts) {
  LiveCalls calls;
  calls.add(ringing(), "ann's phone", at(0));
  for (int n = 0; n < 3; ++n) EXPECT_TRUE(is_kept(send(calls, "ann", n)));
  EXPECT_EQ(send(calls, "ben").error().message, "Cannot signal call in ringing state");
  calls.accept(active(), "ben's phone");
  const auto kept = calls.take_signals("call");
  ASSERT_EQ(kept.size(), 3u);
  for (int n = 0; n < 3; ++n) EXPECT_EQ(kept[static_cast<std::size_t>(n)].signal, n);
}

TEST(LiveCalls, KeptSignalsAreBoundedInNumberAndBytes) {
  LiveCalls many;
  many.add(ringing(), "ann's phone", at(0));
  for (int n = 0; n < 64; ++n) EXPECT_TRUE(send(many, "ann", n));
  EXPECT_EQ(send(many, "ann").error().message, "Too many signals");
  LiveCalls large;
  large.add(ringing(), "ann's phone", at(0));
  EXPECT_TRUE(send(large, "ann", 0, 262'144));
  EXPECT_EQ(send(large, "ann", 1, 1).error().message, "Too many signals");
}

TEST(LiveCalls, ADeviceThatHasGoneHasItsTimeToComeBack) {
  LiveCalls calls = in_call();
  calls.drop("ben", "ben's laptop", Loss::at_once, at(0));
  EXPECT_EQ(calls.next_deadline(), std::nullopt) << "not in the call";
  calls.drop("ben", "ben's phone", Loss::at_once, at(0));
  EXPECT_EQ(calls.next_deadline(), at(15'000));
  EXPECT_TRUE(is_kept(send(calls, "ann", 7)));
  EXPECT_EQ(calls.connect("ann", "ann's laptop", at(1)), std::nullopt);
  const auto back = calls.connect("ben", "ben's laptop", at(1));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->kept.at(0).signal, 7);
  EXPECT_EQ(**send(calls, "ann"), "ben's laptop");
  EXPECT_TRUE(calls.due(at(20'000)).empty());
  calls.drop("ben", "ben's laptop", Loss::at_once, at(20'000));
  const auto overdue = calls.due(at(35'000));
  ASSERT_EQ(overdue.size(), 1u);
  EXPECT_EQ(overdue[0].lost_user, "ben");
}

TEST(LiveCalls, ADeviceThatIsBackBeforeTheLossIsNoticedTakesOver) {
  LiveCalls calls = in_call();
  calls.connect("ben", "ben's laptop", at(0));
  EXPECT_EQ(**send(calls, "ann"), "ben's phone");
  EXPECT_EQ(calls.drop("ben", "ben's phone", Loss::silent, at(14'999))->device, "ben's laptop");
  EXPECT_EQ(**send(calls, "ann"), "ben's laptop");
  EXPECT_EQ(calls.next_deadline(), std::nullopt);
  calls.connect("ben", "ben's tablet", at(20'000));
  EXPECT_EQ(calls.drop("ben", "ben's laptop", Loss::silent, at(35'000)), std::nullopt)
      << "the tablet is another matter";
  EXPECT_EQ(calls.next_deadline(), at(50'000));
}

TEST(LiveCalls, WhereTheLossIsNoticedAtOnceTheNextDeviceTakesOver) {
  LiveCalls calls = in_call();
  calls.connect("ben", "ben's laptop", at(0));
  EXPECT_EQ(calls.drop("ben", "ben's phone", Loss::at_once, at(100)), std::nullopt);
  EXPECT_EQ(calls.connect("ben", "ben's phone again", at(200))->device, "ben's phone again");
}

TEST(LiveCalls, ADeviceThatCameBeforeTheAnswerIsNoneThatHasComeBack) {
  LiveCalls calls;
  calls.add(ringing(), "ann's phone", at(0));
  calls.connect("ben", "ben's laptop", at(1));
  Call active = ringing();
  active.state = State::active;
  calls.accept(active, "ben's phone");
  EXPECT_EQ(calls.drop("ben", "ben's phone", Loss::silent, at(2)), std::nullopt);
}

TEST(LiveCalls, WhatWasToldToADeviceThatHasGoneIsKeptForTheNext) {
  LiveCalls calls = in_call();
  const Notice notice{"call:ended", {{"x", 1}}};
  calls.note("ben", notice);
  calls.drop("ben", "ben's phone", Loss::at_once, at(0));
  calls.note("ben", notice);
  EXPECT_EQ(calls.connect("ben", "ben's laptop", at(1))->missed, std::vector{notice})
      << "the first came in time";
  calls.drop("ben", "ben's laptop", Loss::at_once, at(10));
  calls.note("ben", notice);
  calls.remove("call");
  EXPECT_EQ(calls.next_deadline(), at(15'010));
  EXPECT_EQ(calls.take_missed("ann", at(20)), std::vector<Notice>());
  EXPECT_EQ(calls.take_missed("ben", at(20)), std::vector{notice});
  EXPECT_EQ(calls.take_missed("ben", at(20)), std::vector<Notice>());
}

TEST(LiveCalls, WhatTheStoreCouldNotEndIsAskedForAgain) {
  LiveCalls calls = in_call();
  calls.drop("ben", "ben's phone", Loss::at_once, at(0));
  const auto overdue = calls.due(at(15'000));
  ASSERT_EQ(overdue.size(), 1u);
  EXPECT_EQ(calls.next_deadline(), std::nullopt);
  calls.ask_again(overdue[0], at(16'000));
  EXPECT_EQ(calls.next_deadline(), at(16'000));
  EXPECT_EQ(calls.connect("ben", "ben's laptop", at(15'500))->device, "ben's laptop");
  EXPECT_TRUE(calls.due(at(20'000)).empty());

  LiveCalls rings;
  rings.add(ringing(), "ann's phone", at(0));
  const auto missed = rings.due(at(30'000));
  ASSERT_EQ(missed.size(), 1u);
  rings.ask_again(missed[0], at(31'000));
  EXPECT_EQ(rings.due(at(31'000)).size(), 1u);
}

TEST(LiveCalls, WhatNobodyComesForIsForgotten) {
  LiveCalls calls = in_call();
  calls.drop("ben", "ben's phone", Loss::at_once, at(0));
  calls.note("ben", {"call:ended", {}});
  calls.remove("call");
  EXPECT_TRUE(calls.due(at(15'000)).empty());
  EXPECT_EQ(calls.next_deadline(), std::nullopt);
  EXPECT_EQ(calls.take_missed("ben", at(15'001)), std::vector<Notice>());
}

TEST(LiveCalls, ANewcomerThatHasGoneTakesNothingOver) {
  LiveCalls calls = in_call();
  calls.connect("ben", "ben's laptop", at(0));
  calls.drop("ben", "ben's laptop", Loss::silent, at(1));
  EXPECT_EQ(calls.drop("ben", "ben's phone", Loss::silent, at(2)), std::nullopt);
  EXPECT_EQ(calls.next_deadline(), at(15'002));
}

TEST(LiveCalls, IssuesAreToldOncePerPauseEachAndPerUser) {
  LiveCalls calls = in_call();
  EXPECT_EQ(calls.report("call", "ann", {"rtt", "jitter"}, at(0)), (Texts{"rtt", "jitter"}));
  EXPECT_EQ(calls.report("call", "ann", {"rtt", "packetLoss"}, at(9'999)), Texts{"packetLoss"});
  EXPECT_EQ(calls.report("call", "ben", {"rtt"}, at(9'999)), Texts{"rtt"});
  EXPECT_EQ(calls.report("call", "ann", {"rtt"}, at(10'000)), Texts{"rtt"});
}

TEST(LiveCalls, ADeviceOnAnotherNodeGetsSignalsAndIsMissedWhenItsOwnerSaysSo) {
  LiveCalls calls;
  calls.add(ringing(), "ann's phone", at(0));
  calls.accept(active(), "ben's phone", "b");
  EXPECT_EQ(**send(calls, "ann"), "ben's phone");
  EXPECT_EQ(calls.move_elsewhere("ben", "call", "ben's phone", "b:1"), std::nullopt);
  EXPECT_EQ(calls.move_elsewhere("ben", "call", "ben's phone", "b:2"), std::nullopt);
  EXPECT_EQ(calls.leave_elsewhere("ben", "b:1", Loss::silent, at(0), kPause), std::nullopt)
      << "the node has begun anew";
  EXPECT_EQ(**send(calls, "ann"), "ben's phone");
  EXPECT_EQ(calls.leave_elsewhere("ben", "b:2", Loss::silent, at(0), kPause), std::nullopt);
  EXPECT_EQ(calls.next_deadline(), at(16'000));
  EXPECT_TRUE(is_kept(send(calls, "ann", 7)));
  const auto taken = calls.move_elsewhere("ben", "call", "ben's laptop", "c:1");
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->kept, std::vector<Signal>{signal_of("ann", 7)});
  EXPECT_EQ(calls.next_deadline(), std::nullopt);
  EXPECT_EQ(**send(calls, "ann"), "ben's laptop");
}

TEST(LiveCalls, ADeviceOfThisNodeTakesOverFromALostOneOfAnother) {
  LiveCalls calls = called_from_elsewhere();
  calls.connect("ann", "ann's laptop", at(100));
  const auto taken = calls.leave_elsewhere("ann", "b:1", Loss::silent, at(5'000), kPause);
  ASSERT_TRUE(taken) << "it came within the grace: the loss is silent";
  EXPECT_EQ(taken->device, "ann's laptop");
  EXPECT_EQ(calls.leave_elsewhere("ann", "b:1", Loss::silent, at(5'000), kPause), std::nullopt);
}

TEST(LiveCalls, ADeviceThatWasThereAlreadyTakesNothingOverFromOneThatWasClosedElsewhere) {
  LiveCalls calls = called_from_elsewhere();
  calls.connect("ann", "ann's laptop", at(100));
  EXPECT_EQ(calls.leave_elsewhere("ann", "b:1", Loss::at_once, at(200), kPause), std::nullopt);
  EXPECT_EQ(calls.next_deadline(), at(16'200));
  EXPECT_EQ(calls.leave_elsewhere("ann", "b:1", Loss::silent, at(300), kPause), std::nullopt)
      << "known already";
  EXPECT_EQ(calls.next_deadline(), at(16'200));
  EXPECT_EQ(calls.connect("ann", "ann's tablet", at(400))->device, "ann's tablet");
  calls.move_elsewhere("ann", "call", "ann's phone", "b:1");
  calls.connect("ann", "ann's watch", at(600));
  EXPECT_EQ(calls.leave_elsewhere("ann", "b:1", Loss::at_once, at(500), kPause)->device, "ann's watch")
      << "heard late";
}

TEST(LiveCalls, TheGraceOfADeviceElsewhereIsNoLongerThanItsOwners) {
  LiveCalls calls = called_from_elsewhere();
  calls.connect("ann", "ann's laptop", at(100));
  const auto taken = calls.leave_elsewhere("ann", "b:1", Loss::silent, at(15'099), kPause);
  ASSERT_TRUE(taken) << "the pause is none of the newcomer's time";
  calls.move_elsewhere("ann", "call", "ann's tablet", "b:1");
  calls.leave_elsewhere("ann", "b:1", Loss::silent, at(20'000), kPause);
  EXPECT_TRUE(calls.due(at(35'999)).empty());
  EXPECT_EQ(calls.due(at(36'000)).size(), 1U);
  calls.note("ann", {.event = "call:ended", .payload = {}});
  calls.remove("call");
  EXPECT_EQ(calls.take_missed("ann", at(35'000)), std::vector<Notice>()) << "after the grace";
}

TEST(LiveCalls, WhatAnOwnerSaysBeforeTheCallIsKnownCounts) {
  LiveCalls calls;
  calls.move_elsewhere("ben", "call", "ben's phone", "b:1");
  calls.add(ringing(), "ann's phone", at(0));
  calls.accept(active(), "ben's phone", "b");
  EXPECT_TRUE(calls.users_on("b").empty()) << "its owner has spoken";
  calls.leave_elsewhere("ben", "b:1", Loss::silent, at(0), kPause);
  EXPECT_EQ(calls.next_deadline(), at(16'000));
}

TEST(LiveCalls, ANodeThatGoesBeforeItSaidAnythingHasLostItsDevices) {
  LiveCalls calls;
  calls.add(ringing(), "ann's phone", at(0), "b");
  calls.accept(active(), "ben's phone");
  EXPECT_EQ(calls.users_on("c"), Texts());
  EXPECT_EQ(calls.users_on("b"), Texts{"ann"});
  calls.leave_elsewhere("ann", "", Loss::silent, at(0), milliseconds(0));
  EXPECT_EQ(calls.next_deadline(), at(15'000));
}

TEST(LiveCalls, ACallThatBeganBeforeThisNodeWaitsForItsDevices) {
  LiveCalls calls;
  calls.move_elsewhere("ann", "call", "ann's phone", "b:1");
  calls.adopt(active(), at(20'000));
  EXPECT_EQ(calls.next_deadline(), at(20'000)) << "for Ben";
  calls.move_elsewhere("ben", "call", "ben's phone", "b:1");
  EXPECT_EQ(calls.next_deadline(), std::nullopt);
  EXPECT_TRUE(calls.is_active("ben"));
  EXPECT_EQ(**send(calls, "ann"), "ben's phone");
}

TEST(LiveCalls, NothingIsLeftOfACallThatEnded) {
  LiveCalls calls = in_call();
  calls.remove("call");
  calls.drop("ann", "ann's phone", Loss::at_once, at(0));
  EXPECT_EQ(calls.next_deadline(), std::nullopt);
  EXPECT_EQ(calls.find("call", "ann"), nullptr);
  EXPECT_EQ(calls.connect("ann", "x", at(0)), std::nullopt);
}

}  // namespace
}  // namespace belfry::calls
