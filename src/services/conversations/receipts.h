// Who got a message, and who read it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/result.h"
#include "core/clock.h"
#include "services/conversations/conversations.h"
#include "store/transaction.h"

namespace belfry::conversations {

/// These run inside a unit of work whose key is the conversation's. Who may ask is the app's to check. A
/// sender has no receipts for what they sent.

/// The message of that id, or nothing.
Result<std::optional<Message>> find_message(store::Transaction& tx, std::string_view id);

/// Notes that a user's device has got a message; whether that was news.
Result<bool> mark_delivered(store::Transaction& tx, const Message& message, std::string_view user_id,
                            WallMs now);

/// What a user has read: messages by their ids, or all up to a seq.
struct ReadMark {
  std::vector<std::string> message_ids = {};
  std::optional<std::int64_t> up_to = {};
};

/// Notes it; the ids of those that were news, in order. Fails with `not_found` where one of the ids is no
/// message of the conversation.
Result<std::vector<std::string>> mark_read(store::Transaction& tx, std::string_view conversation_id,
                                           std::string_view user_id, const ReadMark& mark, WallMs now);

/// Ids of users, sorted. Who has read a message has got it, too.
struct Receipts {
  std::vector<std::string> delivered_to;
  std::vector<std::string> read_by;

  bool operator==(const Receipts&) const = default;
};

/// By seq, those of a part of a conversation, in order; messages without a receipt are left out.
Result<std::map<std::int64_t, Receipts>> receipts_of(store::Transaction& tx, std::string_view conversation_id,
                                                     const std::vector<Message>& messages);

}  // namespace belfry::conversations
