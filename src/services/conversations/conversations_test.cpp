#include "services/conversations/conversations.h"

#include <gtest/gtest.h>

#include <set>

#include "store/testing.h"

namespace belfry::conversations {
namespace {

using store::Transaction;
using store::testing::TempStore;
using store::testing::wait_for;
using store::testing::write;

constexpr WallMs kNow = 1'767'323'045'678;

Result<Stored> append_to(TempStore& store, std::string conversation, NewMessage message, WallMs now = kNow) {
  return write(*store, [=](Transaction& tx) { return append(tx, conversation, message, now); });
}
Result<History> history_of(TempStore& store, std::string conversation, HistoryQuery query = {}) {
  return store::testing::read(*store, [=](Transaction& tx) { return history(tx, conversation, query); });
}
std::vector<std::int64_t> seqs(const History& history) {
  std::vector<std::int64_t> out;
  for (const auto& message : history.messages) out.push_back(message.seq);
  return out;
}
void fill(TempStore& store, int count) {
  const auto filled = write(*store, [count](Transaction& tx) -> Result<void> {
    for (int i = 0; i < count; ++i) {
      if (auto stored = append(tx, "c", {.sender_id = "anna", .text = std::to_string(i)}, kNow); !stored) {
        return std::unexpected(stored.error());
      }
    }
    return {};
  });
  ASSERT_TRUE(filled);
}

TEST(Conversations, AMessageIsStoredAsItWasSent) {
  TempStore store;
  const auto first = append_to(store, "c", {.sender_id = "anna", .text = "first"});
  ASSERT_TRUE(first);
  const auto second = append_to(store, "c",
                                {.sender_id = "ben",
                                 .text = "grüße \"'\\ \xf0\x9f\x91\x8b",
                                 .attachments = Value::parse(R"([{"url":"/a.png","size":1.5}])"),
                                 .reply_to = first->message.id,
                                 .client_message_id = "x"});
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->repeated);
  EXPECT_EQ(second->message.seq, 2);
  EXPECT_EQ(second->message.sender_id, "ben");
  EXPECT_EQ(second->message.reply_to, first->message.id);
  EXPECT_EQ(second->message.created_at, kNow);
  EXPECT_EQ(second->message.id.size(), 36u);
  store.reopen();
  const auto all = history_of(store, "c");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->messages, (std::vector{first->message, second->message}));
}

TEST(Conversations, EachIsNumberedFromOneWithoutAGap) {
  TempStore store;
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(append_to(store, "a", {.sender_id = "x", .text = "t"})->message.seq, i);
    EXPECT_EQ(append_to(store, "b", {.sender_id = "x", .text = "t"})->message.seq, i);
  }
}

TEST(Conversations, AUnitThatFailsLeavesNoGap) {
  TempStore store;
  ASSERT_TRUE(append_to(store, "c", {.sender_id = "x", .text = "one"}));
  const auto failed = write(*store, [](Transaction& tx) -> Result<void> {
    EXPECT_TRUE(append(tx, "c", {.sender_id = "x", .text = "lost"}, kNow));
    return fail(ErrorKind::forbidden, "no");
  });
  EXPECT_FALSE(failed);
  EXPECT_EQ(append_to(store, "c", {.sender_id = "x", .text = "two"})->message.seq, 2);
}

TEST(Conversations, ManyAtOnceKeepTheirOrder) {
  TempStore store;
  std::vector<std::future<Result<Stored>>> results;
  for (int i = 0; i < 300; ++i) {
    results.push_back(store::start_write(*store, [i](Transaction& tx) {
      return append(tx, "c", {.sender_id = "x", .text = std::to_string(i)}, kNow);
    }));
  }
  for (int i = 0; i < 300; ++i) EXPECT_EQ(wait_for(results[i])->message.seq, i + 1);
}

TEST(Conversations, TheSameClientMessageIdIsStoredOnceAndAnsweredAlike) {
  TempStore store;
  const NewMessage message{.sender_id = "anna", .text = "hello", .client_message_id = "m1"};
  const auto first = append_to(store, "c", message);
  ASSERT_TRUE(first);
  NewMessage again = message;
  again.text = "changed";
  const auto second = append_to(store, "c", again, kNow + 1);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->repeated);
  EXPECT_EQ(second->message, first->message);
  EXPECT_EQ(history_of(store, "c")->messages.size(), 1u);

  EXPECT_FALSE(append_to(store, "other", message)->repeated);
  again.sender_id = "ben";
  EXPECT_FALSE(append_to(store, "c", again)->repeated);
  EXPECT_EQ(append_to(store, "c", {.sender_id = "anna", .text = "next"})->message.seq, 3);
}

TEST(Conversations, RepeatsInOneBatchAreStoredOnce) {
  TempStore store;
  std::vector<std::future<Result<Stored>>> results;
  for (int i = 0; i < 20; ++i) {
    results.push_back(store::start_write(*store, [](Transaction& tx) {
      return append(tx, "c", {.sender_id = "x", .text = "t", .client_message_id = "same"}, kNow);
    }));
  }
  std::set<std::string> ids;
  for (auto& result : results) ids.insert(wait_for(result)->message.id);
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(seqs(*history_of(store, "c")), std::vector<std::int64_t>{1});
}

TEST(Conversations, AReplyIsToAMessageOfTheSameConversation) {
  TempStore store;
  const auto other = append_to(store, "other", {.sender_id = "x", .text = "t"});
  for (const std::string& id : {other->message.id, std::string("unknown")}) {
    EXPECT_EQ(append_to(store, "c", {.sender_id = "x", .text = "t", .reply_to = id}).error(),
              (Error{ErrorKind::not_found, "Message not found"}));
  }
  EXPECT_EQ(append_to(store, "c", {.sender_id = "x", .text = "t"})->message.seq, 1);
}

TEST(Conversations, HistoryGoesBackPageByPage) {
  TempStore store;
  fill(store, 7);
  auto page = history_of(store, "c", {.limit = 3});
  EXPECT_EQ(seqs(*page), (std::vector<std::int64_t>{5, 6, 7}));
  EXPECT_TRUE(page->has_more);
  page = history_of(store, "c", {.limit = 3, .before = *read_cursor(page->next_cursor.value())});
  EXPECT_EQ(seqs(*page), (std::vector<std::int64_t>{2, 3, 4}));
  page = history_of(store, "c", {.limit = 3, .before = *read_cursor(page->next_cursor.value())});
  EXPECT_EQ(seqs(*page), (std::vector<std::int64_t>{1}));
  EXPECT_FALSE(page->has_more);
  EXPECT_EQ(page->next_cursor, std::nullopt);
}

TEST(Conversations, HistoryAfterASeqFillsAGap) {
  TempStore store;
  fill(store, 7);
  auto page = history_of(store, "c", {.limit = 3, .after = 2});
  EXPECT_EQ(seqs(*page), (std::vector<std::int64_t>{3, 4, 5}));
  EXPECT_TRUE(page->has_more);
  page = history_of(store, "c", {.limit = 3, .after = *read_cursor(page->next_cursor.value())});
  EXPECT_EQ(seqs(*page), (std::vector<std::int64_t>{6, 7}));
  EXPECT_FALSE(page->has_more);
  EXPECT_TRUE(history_of(store, "c", {.after = 7})->messages.empty());
  EXPECT_EQ(seqs(*history_of(store, "c", {.before = 6, .after = 2})), (std::vector<std::int64_t>{3, 4, 5}));
}

TEST(Conversations, HistoryIsBounded) {
  TempStore store;
  fill(store, 210);
  EXPECT_EQ(history_of(store, "c")->messages.size(), 50u);
  EXPECT_EQ(history_of(store, "c", {.limit = 1'000})->messages.size(), 200u);
  EXPECT_EQ(history_of(store, "c", {.limit = 0})->messages.size(), 1u);
  EXPECT_EQ(history_of(store, "c", {.limit = -5})->messages.size(), 1u);
  EXPECT_FALSE(history_of(store, "c", {.limit = 200, .after = 10})->has_more);
}

TEST(Conversations, TheHistoryOfAnUnknownConversationIsEmpty) {
  TempStore store;
  const auto none = history_of(store, "none");
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->messages.empty());
  EXPECT_FALSE(none->has_more);
}

TEST(Conversations, WhatIsNoCursorIsRefused) {
  EXPECT_EQ(read_cursor("12"), 12);
  for (const char* text : {"", "x", "1x", "-1", " 1", "1.5", "99999999999999999999"}) {
    EXPECT_FALSE(read_cursor(text)) << text;
  }
}

TEST(Conversations, WhatIsSentTwiceAtOnceIsStoredOnce) {
  TempStore store;
  const auto send = [](Transaction& tx) {
    return append(tx, "c", {.sender_id = "anna", .text = "t", .client_message_id = "1"}, kNow);
  };
  const auto [first, second] = store::testing::overlap(store, send, send);
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_FALSE(first->repeated);
  EXPECT_TRUE(second->repeated);
  EXPECT_EQ(second->message.id, first->message.id);
  EXPECT_EQ(seqs(*history_of(store, "c")), std::vector<std::int64_t>{1});
}

}  // namespace
}  // namespace belfry::conversations
