#include "services/calls/calls.h"

#include <gtest/gtest.h>

#include "store/testing.h"

namespace belfry::calls {
namespace {

using store::Transaction;
using store::testing::TempStore;
using store::testing::write;

constexpr WallMs kNow = 1'767'323'045'000;

Result<Call> call_of(TempStore& store, const std::string& caller, const std::string& recipient) {
  return write(*store,
               [=](Transaction& tx) { return initiate(tx, {"visit", caller, recipient, "video"}, kNow); });
}
template <class Change>
Result<Call> change(TempStore& store, Change work) {
  return write(*store, [work](Transaction& tx) -> Result<Call> { return work(tx); });
}
Result<Call> accepted(TempStore& store, const Call& call, const std::string& by) {
  return change(store, [=](Transaction& tx) { return accept(tx, call.id, by, kNow + 2'000); });
}
Result<Call> ended(TempStore& store, const Call& call, const std::string& by) {
  return change(store, [=](Transaction& tx) { return end(tx, call.id, by, kNow + 65'999); });
}
Result<Call> rejected(TempStore& store, const Call& call, const std::string& by) {
  return change(store, [=](Transaction& tx) { return reject(tx, call.id, by, "busy", kNow); });
}

TEST(Calls, RingAreAnsweredAndEnd) {
  TempStore store;
  const auto call = call_of(store, "ann", "ben");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->state, State::ringing);
  EXPECT_EQ(accepted(store, *call, "ben")->state, State::active);
  const auto over = ended(store, *call, "ben");
  EXPECT_EQ(over->state, State::ended);
  EXPECT_EQ(over->duration(), 63);
  EXPECT_EQ(over->reason, "ended");
  const auto kept = store::testing::read(*store, [](Transaction& tx) { return list(tx, "visit", 10, {}); });
  EXPECT_EQ(kept->items, std::vector{*over});
}

TEST(Calls, AreForTheRecipientToAcceptAndToReject) {
  TempStore store;
  const auto call = call_of(store, "ann", "ben");
  for (const char* user : {"ann", "cid"}) {
    EXPECT_EQ(accepted(store, *call, user).error().message, "Call not found");
    EXPECT_EQ(rejected(store, *call, user).error().message, "Call not found");
  }
  const auto over = rejected(store, *call, "ben");
  EXPECT_EQ(over->state, State::rejected);
  EXPECT_EQ(over->reason, "busy");
  EXPECT_EQ(over->duration(), 0);
}

TEST(Calls, AWrongStateIsNamedAndChangesNothing) {
  TempStore store;
  const auto call = call_of(store, "ann", "ben");
  EXPECT_EQ(ended(store, *call, "ben").error().message, "Cannot end call in ringing state");
  ASSERT_TRUE(accepted(store, *call, "ben"));
  EXPECT_EQ(accepted(store, *call, "ben").error().message, "Cannot accept call in active state");
  EXPECT_EQ(rejected(store, *call, "ben").error().message, "Cannot reject call in active state");
  EXPECT_FALSE(change(store, [&](Transaction& tx) { return miss(tx, call->id, kNow); }));
  ASSERT_TRUE(ended(store, *call, "ann"));
  EXPECT_EQ(ended(store, *call, "ann").error().message, "Cannot end call in ended state");
  EXPECT_EQ(accepted(store, *call, "ben").error().message, "Cannot accept call in ended state");
}

TEST(Calls, TheCallerCancelsWhatRings) {
  TempStore store;
  const auto call = call_of(store, "ann", "ben");
  const auto over = ended(store, *call, "ann");
  EXPECT_EQ(over->state, State::cancelled);
  EXPECT_EQ(over->reason, "cancelled");
}

TEST(Calls, AUserIsInOneAtATime) {
  TempStore store;
  const auto call = call_of(store, "ann", "ben");
  for (const auto& [caller, recipient] : {std::pair{"ann", "cid"}, {"cid", "ben"}, {"ben", "ann"}}) {
    EXPECT_EQ(call_of(store, caller, recipient).error().message, "User is already in a call");
  }
  EXPECT_TRUE(call_of(store, "cid", "dan"));
  ASSERT_TRUE(ended(store, *call, "ann"));
  EXPECT_TRUE(call_of(store, "ben", "ann"));
}

TEST(Calls, AreMissedOrLost) {
  TempStore store;
  const auto first = call_of(store, "ann", "ben");
  EXPECT_EQ(change(store, [&](Transaction& tx) { return miss(tx, first->id, kNow); })->state, State::missed);
  const auto second = call_of(store, "ann", "ben");
  const auto cancelled = change(store, [&](Transaction& tx) { return lose(tx, second->id, kNow); });
  EXPECT_EQ(cancelled->state, State::cancelled);
  const auto third = call_of(store, "ann", "ben");
  ASSERT_TRUE(accepted(store, *third, "ben"));
  const auto lost = change(store, [&](Transaction& tx) { return lose(tx, third->id, kNow + 5'000); });
  EXPECT_EQ(lost->state, State::ended);
  EXPECT_EQ(lost->reason, "connection_lost");
  EXPECT_EQ(lost->duration(), 3);
}

TEST(Calls, LeftOpenByAServerThatHasGoneAreClosed) {
  TempStore store;
  const auto rings = call_of(store, "ann", "ben");
  const auto active = call_of(store, "cid", "dan");
  ASSERT_TRUE(accepted(store, *active, "dan"));
  EXPECT_EQ(write(*store, [](Transaction& tx) { return close_open(tx, kNow); }), 2);
  const auto state = [&](const Call& call) {
    return store::testing::read(*store, [&](Transaction& tx) { return find(tx, call.id, call.caller_id); })
        ->state;
  };
  EXPECT_EQ(state(*rings), State::cancelled);
  EXPECT_EQ(state(*active), State::ended);
  EXPECT_TRUE(call_of(store, "ann", "cid"));
}

TEST(Calls, OfTwoThatAreMadeAtOnceOneRings) {
  TempStore store;
  const auto call = [](std::string caller, std::string recipient) {
    return [=](Transaction& tx) { return initiate(tx, {"visit", caller, recipient, "video"}, kNow); };
  };
  const auto [first, second] = store::testing::overlap(store, call("ann", "ben"), call("ben", "ann"));
  EXPECT_TRUE(first);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "User is already in a call");
}

TEST(Calls, OfTwoAnswersAtOnceOneCounts) {
  TempStore store;
  const auto id = call_of(store, "ann", "ben")->id;
  const auto [first, second] = store::testing::overlap(
      store, [id](Transaction& tx) { return accept(tx, id, "ben", kNow); },
      [id](Transaction& tx) { return reject(tx, id, "ben", "busy", kNow); });
  EXPECT_TRUE(first);
  EXPECT_EQ(second, std::unexpected(wrong_state("reject", State::active)));
}

}  // namespace
}  // namespace belfry::calls
