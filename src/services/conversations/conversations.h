// Messages of conversations, numbered without gaps: what the apps' chats are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/describe.h"
#include "belfry/result.h"
#include "belfry/value.h"
#include "core/clock.h"
#include "store/transaction.h"

namespace belfry::conversations {

/// What somebody wants to say. Who may say it, and how long it may be, is the app's to check.
struct NewMessage {
  std::string sender_id;
  std::string text = {};
  Value attachments = Value::array();
  std::optional<std::string> reply_to = {};           ///< the id of a message of the same conversation
  std::optional<std::string> client_message_id = {};  ///< the sender's own name for it: stored once
};

/// A message as it is stored.
struct Message {
  std::string id;  ///< UUID version 7
  std::string conversation_id;
  std::int64_t seq = 0;  ///< from 1, without a gap within the conversation
  std::string sender_id;
  std::string text;
  Value attachments;  ///< an array
  std::optional<std::string> reply_to;
  WallMs created_at = 0;

  bool operator==(const Message&) const = default;
};
constexpr auto describe(Type<Message>) {
  return fields(field("id", &Message::id), field("conversationId", &Message::conversation_id),
                field("seq", &Message::seq), field("senderId", &Message::sender_id),
                field("text", &Message::text), field("attachments", &Message::attachments),
                field("replyTo", &Message::reply_to), field("createdAt", &Message::created_at));
}

struct Stored {
  Message message;
  bool repeated = false;  ///< it was there already, under its client_message_id: nothing was stored
};

/// Stores a message at the end of the conversation, which it begins where there is none. Within a unit of
/// work whose key is the conversation's. Fails with `not_found` where reply_to is no message of the
/// conversation. Announces nothing: the app tells it with whom it concerns.
Result<Stored> append(store::Transaction& tx, std::string_view conversation_id, const NewMessage& message,
                      WallMs now);

inline constexpr int kHistoryDefault = 50;
inline constexpr int kHistoryMax = 200;

/// Which part of a conversation. Both bounds exclude the message they name; with `after`, what follows it
/// first.
struct HistoryQuery {
  int limit = kHistoryDefault;  ///< taken as 1 to kHistoryMax
  std::optional<std::int64_t> before = {};
  std::optional<std::int64_t> after = {};
};

struct History {
  std::vector<Message> messages;  ///< oldest first
  bool has_more = false;          ///< in the direction asked: older ones, or with `after` newer ones
  /// Where to go on, if there is more: the next `before`, or with `after` the next `after`.
  std::optional<std::string> next_cursor;
};

Result<History> history(store::Transaction& tx, std::string_view conversation_id, const HistoryQuery& query);

/// A cursor, or a seq as text, as the number that HistoryQuery takes. Fails with `malformed`.
Result<std::int64_t> read_cursor(std::string_view text);

}  // namespace belfry::conversations
