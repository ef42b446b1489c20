#include "services/conversations/archive.h"

#include <gtest/gtest.h>

#include "services/conversations/receipts.h"
#include "store/testing.h"

namespace belfry::conversations {
namespace {

using store::Transaction;
using store::testing::read;
using store::testing::TempStore;
using store::testing::write;

Message say(TempStore& store, std::string conversation, NewMessage message) {
  return write(*store, [=](Transaction& tx) { return append(tx, conversation, message, 5); })->message;
}
std::vector<OldMessage> old_in(TempStore& store, WallMs before, int limit = 100) {
  return read(*store, [=](Transaction& tx) { return older_than(tx, before, limit); }).value();
}

TEST(Archive, AMessageIsOneLineWithAllThatIsKnownOfIt) {
  TempStore store;
  const Message message =
      say(store, "c",
          {.sender_id = "anna", .text = "a\nb", .attachments = {{{"url", "u"}}}, .client_message_id = "k"});
  write(*store, [&](Transaction& tx) {
    return mark_delivered(tx, message, "bert", 1'767'323'045'678);
  }).value();
  const auto old = old_in(store, wall_now_ms() + 1'000);
  ASSERT_EQ(old.size(), 1u);
  EXPECT_EQ(old[0].json.find('\n'), std::string::npos);
  const Value expected{
      {"id", message.id},
      {"conversationId", "c"},
      {"seq", 1},
      {"senderId", "anna"},
      {"text", "a\nb"},
      {"attachments", {{{"url", "u"}}}},
      {"replyTo", nullptr},
      {"clientMessageId", "k"},
      {"createdAt", "1970-01-01T00:00:00.005Z"},
      {"receipts", {{{"userId", "bert"}, {"deliveredAt", "2026-01-02T03:04:05.678Z"}, {"readAt", nullptr}}}}};
  EXPECT_EQ(Value::parse(old[0].json), expected);
}

TEST(Archive, TheOldestComeFirstAndTheNewNotAtAll) {
  TempStore store;
  std::vector<std::string> ids;
  for (const char* conversation : {"c", "d", "c"})
    ids.push_back(say(store, conversation, {.sender_id = "a"}).id);
  EXPECT_TRUE(old_in(store, wall_now_ms() - 60'000).empty());
  const auto two = old_in(store, wall_now_ms() + 1'000, 2);
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].id, ids[0]);
  EXPECT_EQ(two[1].id, ids[1]);
}

TEST(Archive, WhatIsForgottenIsGoneAndTheConversationCountsOn) {
  TempStore store;
  const Message first = say(store, "c", {.sender_id = "a"});
  const Message second = say(store, "c", {.sender_id = "a"});
  write(*store, [&](Transaction& tx) { return mark_delivered(tx, first, "b", 1); }).value();
  const auto old = old_in(store, wall_now_ms() + 1'000, 1);
  ASSERT_TRUE(write(*store, [&](Transaction& tx) { return forget(tx, old); }));

  const auto left = read(*store, [](Transaction& tx) { return history(tx, "c", {}); }).value();
  EXPECT_EQ(left.messages, std::vector{second});
  EXPECT_FALSE(left.has_more);
  EXPECT_EQ(say(store, "c", {.sender_id = "a"}).seq, 3);
  const auto receipts = read(*store, [](Transaction& tx) {
    return tx.query_one("SELECT count(*) FROM receipts", {},
                        [](const store::Row& row) { return row.integer(0); });
  });
  EXPECT_EQ(receipts.value(), 0);
}

}  // namespace
}  // namespace belfry::conversations
