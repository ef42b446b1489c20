#include "services/conversations/receipts.h"

#include <gtest/gtest.h>

#include "store/testing.h"

namespace belfry::conversations {
namespace {

using store::Transaction;
using store::testing::read;
using store::testing::TempStore;
using store::testing::write;

constexpr WallMs kNow = 1'767'323'045'678;
using Ids = std::vector<std::string>;

std::vector<Message> say(TempStore& store, const std::vector<std::string>& senders) {
  std::vector<Message> said;
  for (const auto& sender : senders) {
    said.push_back(write(*store, [sender](Transaction& tx) {
                     return append(tx, "c", {.sender_id = sender, .text = "t"}, kNow);
                   })->message);
  }
  return said;
}

Result<Ids> read_by(TempStore& store, const std::string& user, const ReadMark& mark) {
  return write(*store, [=](Transaction& tx) { return mark_read(tx, "c", user, mark, kNow); });
}

Result<bool> delivered(TempStore& store, const std::string& user, const Message& message) {
  return write(*store, [=](Transaction& tx) { return mark_delivered(tx, message, user, kNow); });
}

std::map<std::int64_t, Receipts> receipts(TempStore& store, const std::vector<Message>& messages) {
  return *read(*store, [=](Transaction& tx) { return receipts_of(tx, "c", messages); });
}

TEST(Receipts, ADeliveryIsNewsOnceForEachRecipientAndNeverForTheSender) {
  TempStore store;
  const auto said = say(store, {"ann"});
  EXPECT_EQ(delivered(store, "ben", said[0]), true);
  EXPECT_EQ(delivered(store, "ben", said[0]), false);
  EXPECT_EQ(delivered(store, "cid", said[0]), true);
  EXPECT_EQ(delivered(store, "ann", said[0]), false);
  EXPECT_EQ(receipts(store, said), (std::map<std::int64_t, Receipts>{{1, {{"ben", "cid"}, {}}}}));
}

TEST(Receipts, ReadingUpToASeqIsNewsForWhatTheOthersSaidAndWasUnread) {
  TempStore store;
  const auto said = say(store, {"ann", "ben", "ann", "ann"});
  EXPECT_EQ(read_by(store, "ben", {.up_to = 3}), (Ids{said[0].id, said[2].id}));
  EXPECT_EQ(read_by(store, "ben", {.up_to = 3}), Ids());
  EXPECT_EQ(read_by(store, "ben", {.up_to = 2}), Ids());
  EXPECT_EQ(read_by(store, "ben", {.up_to = 4}), Ids{said[3].id});
}

TEST(Receipts, AMarkBeyondTheEndDoesNotHideWhatComes) {
  TempStore store;
  const auto first = say(store, {"ann"});
  EXPECT_EQ(read_by(store, "ben", {.up_to = 1'000'000}), Ids{first[0].id});
  const auto second = say(store, {"ann"});
  EXPECT_EQ(read_by(store, "ben", {.up_to = 1'000'000}), Ids{second[0].id});
}

TEST(Receipts, ReadingByIdsIsNewsOnceAndInOrder) {
  TempStore store;
  const auto said = say(store, {"ann", "ann", "ben"});
  const Ids all{said[1].id, said[0].id, said[1].id, said[2].id};
  EXPECT_EQ(read_by(store, "ben", {.message_ids = all}), (Ids{said[0].id, said[1].id}));
  EXPECT_EQ(read_by(store, "ben", {.message_ids = all}), Ids());
  EXPECT_EQ(read_by(store, "ben", {.up_to = 3}), Ids());
}

TEST(Receipts, AnUnknownIdChangesNothing) {
  TempStore store;
  const auto said = say(store, {"ann"});
  const auto refused = read_by(store, "ben", {.message_ids = {said[0].id, "no such message"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::not_found);
  EXPECT_TRUE(receipts(store, said).empty());
}

TEST(Receipts, WhoHasReadHasGotItAndADeliveryAfterwardsIsStillNews) {
  TempStore store;
  const auto said = say(store, {"ann"});
  EXPECT_EQ(read_by(store, "ben", {.up_to = 1}), Ids{said[0].id});
  EXPECT_EQ(receipts(store, said).at(1), (Receipts{{"ben"}, {"ben"}}));
  EXPECT_EQ(delivered(store, "ben", said[0]), true);
  EXPECT_EQ(receipts(store, said).at(1), (Receipts{{"ben"}, {"ben"}}));
}

TEST(Receipts, MessagesAreFoundByTheirId) {
  TempStore store;
  const auto said = say(store, {"ann"});
  EXPECT_EQ(*read(*store, [&](Transaction& tx) { return find_message(tx, said[0].id); }), said[0]);
  EXPECT_EQ(*read(*store, [&](Transaction& tx) { return find_message(tx, "nothing"); }), std::nullopt);
}

TEST(Receipts, WhatIsReadOnTwoDevicesAtOnceIsNewsOnce) {
  TempStore store;
  const auto said = say(store, {"ann", "ann"});
  const auto mark = [](Transaction& tx) { return mark_read(tx, "c", "ben", {.up_to = 2}, kNow); };
  const auto [first, second] = store::testing::overlap(store, mark, mark);
  EXPECT_EQ(first, (Ids{said[0].id, said[1].id}));
  EXPECT_EQ(second, Ids());
}

}  // namespace
}  // namespace belfry::conversations
