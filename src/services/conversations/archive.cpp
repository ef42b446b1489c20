#include "services/conversations/archive.h"

#include <map>
#include <utility>

#include "core/ids.h"
#include "services/conversations/rows.h"

namespace belfry::conversations {

namespace {

using store::Row;
using store::Transaction;

// So much text at once, and one message more.
constexpr std::size_t kBatchBytes = 8 * 1'048'576;

Value time_or_null(std::optional<WallMs> time) {
  return time ? Value(iso_time(*time)) : Value(nullptr);
}

Value archived(const Row& row) {
  const Message message = message_of(row);
  return {{"id", message.id},
          {"conversationId", message.conversation_id},
          {"seq", message.seq},
          {"senderId", message.sender_id},
          {"text", message.text},
          {"attachments", message.attachments},
          {"replyTo", message.reply_to ? Value(*message.reply_to) : Value(nullptr)},
          {"clientMessageId", row.is_null(8) ? Value(nullptr) : Value(row.text(8))},
          {"createdAt", iso_time(message.created_at)},
          {"receipts", Value::array()}};
}

Result<void> add_receipts(Transaction& tx, std::map<std::string, Value>& messages) {
  return tx.query(
      "SELECT m.id, r.user_id, r.delivered_at, r.read_at FROM messages m JOIN receipts r "
      "ON r.conversation_id = m.conversation_id AND r.seq = m.seq "
      "WHERE m.id >= $1 AND m.id <= $2 ORDER BY m.id, r.user_id",
      {messages.begin()->first, messages.rbegin()->first}, [&messages](const Row& row) {
        const auto found = messages.find(row.text(0));
        if (found == messages.end()) return;
        found->second["receipts"].push_back({{"userId", row.text(1)},
                                             {"deliveredAt", time_or_null(row.optional_integer(2))},
                                             {"readAt", time_or_null(row.optional_integer(3))}});
      });
}

}  // namespace

// Ids begin with their time, so the primary key finds the oldest.
Result<std::vector<OldMessage>> older_than(Transaction& tx, WallMs before, int limit) {
  std::map<std::string, Value> messages;
  std::size_t bytes = 0;
  const auto done = tx.query("SELECT " + std::string(kMessageColumns) +
                                 ", client_message_id FROM messages WHERE id < $1 ORDER BY id LIMIT $2",
                             {first_uuid7_of(before), limit}, [&](const Row& row) {
                               if (bytes > kBatchBytes) return;
                               bytes += row.text(4).size() + row.text(5).size();
                               messages.emplace(row.text(0), archived(row));
                             });
  if (!done) return std::unexpected(done.error());
  if (messages.empty()) return {};
  if (auto read = add_receipts(tx, messages); !read) return std::unexpected(read.error());
  std::vector<OldMessage> old;
  old.reserve(messages.size());
  for (auto& [id, message] : messages) {
    old.push_back({.id = id, .json = message.dump(-1, ' ', false, Value::error_handler_t::replace)});
  }
  return old;
}

Result<void> forget(Transaction& tx, const std::vector<OldMessage>& messages) {
  for (const OldMessage& message : messages) {
    const auto done = tx.run("DELETE FROM messages WHERE id = $1", {message.id});
    if (!done) return std::unexpected(done.error());
  }
  return {};
}

}  // namespace belfry::conversations
