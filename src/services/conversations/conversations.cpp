#include "services/conversations/conversations.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "core/ids.h"
#include "services/conversations/rows.h"

namespace belfry::conversations {

namespace {

using store::Row;
using store::Transaction;

Result<std::optional<Message>> find_repeated(Transaction& tx, std::string_view conversation_id,
                                             const NewMessage& message) {
  if (!message.client_message_id) return std::nullopt;
  return tx.query_one(
      "SELECT id, conversation_id, seq, sender_id, text, attachments, reply_to, created_at FROM messages "
      "WHERE conversation_id = $1 AND sender_id = $2 AND client_message_id = $3",
      {conversation_id, message.sender_id, message.client_message_id}, message_of);
}

Result<void> check_reply(Transaction& tx, std::string_view conversation_id, const NewMessage& message) {
  if (!message.reply_to) return {};
  const auto found = tx.query_one("SELECT 1 FROM messages WHERE id = $1 AND conversation_id = $2",
                                  {message.reply_to, conversation_id}, [](const Row&) { return true; });
  if (!found) return std::unexpected(found.error());
  if (!*found) return fail(ErrorKind::not_found, "Message not found");
  return {};
}

// Counts one more message; where the unit is rolled back, so is the count.
Result<std::int64_t> take_seq(Transaction& tx, std::string_view conversation_id) {
  const auto seq = tx.query_one(
      "INSERT INTO conversations (id, last_seq) VALUES ($1, 1) "
      "ON CONFLICT (id) DO UPDATE SET last_seq = conversations.last_seq + 1 RETURNING last_seq",
      {conversation_id}, [](const Row& row) { return row.integer(0); });
  if (!seq) return std::unexpected(seq.error());
  return seq->value();
}

Result<void> insert(Transaction& tx, const Message& message,
                    const std::optional<std::string>& client_message_id) {
  const std::string attachments = message.attachments.dump(-1, ' ', false, Value::error_handler_t::replace);
  const auto done = tx.run(
      "INSERT INTO messages (id, conversation_id, seq, sender_id, text, attachments, reply_to, "
      "client_message_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      {message.id, message.conversation_id, message.seq, message.sender_id, message.text, attachments,
       message.reply_to, client_message_id, message.created_at});
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace

Result<Stored> append(Transaction& tx, std::string_view conversation_id, const NewMessage& message,
                      WallMs now) {
  // Of two that send the same again at once, the second finds the first.
  if (auto locked = tx.lock("conversation:" + std::string(conversation_id)); !locked) {
    return std::unexpected(locked.error());
  }
  auto repeated = find_repeated(tx, conversation_id, message);
  if (!repeated) return std::unexpected(std::move(repeated.error()));
  if (*repeated) return Stored{std::move(**repeated), true};
  if (auto good = check_reply(tx, conversation_id, message); !good) return std::unexpected(good.error());
  const auto seq = take_seq(tx, conversation_id);
  if (!seq) return std::unexpected(seq.error());

  Message stored{.id = make_uuid7(),
                 .conversation_id = std::string(conversation_id),
                 .seq = *seq,
                 .sender_id = message.sender_id,
                 .text = message.text,
                 .attachments = message.attachments.is_array() ? message.attachments : Value::array(),
                 .reply_to = message.reply_to,
                 .created_at = now};
  if (auto done = insert(tx, stored, message.client_message_id); !done) return std::unexpected(done.error());
  return Stored{std::move(stored), false};
}

Result<History> history(Transaction& tx, std::string_view conversation_id, const HistoryQuery& query) {
  constexpr std::string_view kNewestFirst =
      "SELECT id, conversation_id, seq, sender_id, text, attachments, reply_to, created_at FROM messages "
      "WHERE conversation_id = $1 AND seq > $2 AND seq < $3 ORDER BY seq DESC LIMIT $4";
  constexpr std::string_view kOldestFirst =
      "SELECT id, conversation_id, seq, sender_id, text, attachments, reply_to, created_at FROM messages "
      "WHERE conversation_id = $1 AND seq > $2 AND seq < $3 ORDER BY seq LIMIT $4";
  const auto limit = static_cast<std::size_t>(std::clamp(query.limit, 1, kHistoryMax));
  const bool forward = query.after.has_value();
  // One more than asked says whether there is more.
  auto found = tx.query_all(forward ? kOldestFirst : kNewestFirst,
                            {conversation_id, query.after.value_or(0),
                             query.before.value_or(std::numeric_limits<std::int64_t>::max()), limit + 1},
                            message_of);
  if (!found) return std::unexpected(std::move(found.error()));

  History history{.messages = std::move(*found), .has_more = false, .next_cursor = {}};
  if (history.messages.size() > limit) {
    history.messages.pop_back();
    history.has_more = true;
    history.next_cursor = std::to_string(history.messages.back().seq);
  }
  if (!forward) std::ranges::reverse(history.messages);
  return history;
}

Result<std::int64_t> read_cursor(std::string_view text) {
  std::int64_t seq = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seq);
  if (error != std::errc() || stop != end || seq < 0) return fail(ErrorKind::malformed, "not a cursor");
  return seq;
}

}  // namespace belfry::conversations
