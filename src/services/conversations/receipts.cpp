#include "services/conversations/receipts.h"

#include <algorithm>
#include <utility>

#include "services/conversations/rows.h"

namespace belfry::conversations {

namespace {

using store::Row;
using store::Transaction;

// A message as far as a reader is concerned.
struct Unread {
  std::string id;
  std::int64_t seq = 0;
};

Unread unread_of(const Row& row) {
  return {.id = row.text(0), .seq = row.integer(1)};
}

// Up to which seq everything is known to be read, so that a long conversation is not walked again and again.
Result<std::int64_t> read_up_to(Transaction& tx, std::string_view conversation_id, std::string_view user_id) {
  const auto mark =
      tx.query_one("SELECT read_up_to FROM read_marks WHERE conversation_id = $1 AND user_id = $2",
                   {conversation_id, user_id}, [](const Row& row) { return row.integer(0); });
  if (!mark) return std::unexpected(mark.error());
  return mark->value_or(0);
}

Result<std::vector<Unread>> unread_up_to(Transaction& tx, std::string_view conversation_id,
                                         std::string_view user_id, std::int64_t up_to) {
  const auto from = read_up_to(tx, conversation_id, user_id);
  if (!from) return std::unexpected(from.error());
  if (up_to <= *from) return std::vector<Unread>();
  auto unread = tx.query_all(
      "SELECT m.id, m.seq FROM messages m LEFT JOIN receipts r "
      "ON r.conversation_id = m.conversation_id AND r.seq = m.seq AND r.user_id = $2 "
      "WHERE m.conversation_id = $1 AND m.seq > $3 AND m.seq <= $4 AND m.sender_id <> $2 "
      "AND r.read_at IS NULL ORDER BY m.seq",
      {conversation_id, user_id, *from, up_to}, unread_of);
  if (!unread) return unread;
  // A mark beyond the last message must not hide those that are still to come.
  const auto marked = tx.run(
      "INSERT INTO read_marks (conversation_id, user_id, read_up_to) "
      "SELECT c.id, $2, CASE WHEN c.last_seq < $3 THEN c.last_seq ELSE $3 END FROM conversations c "
      "WHERE c.id = $1 ON CONFLICT (conversation_id, user_id) DO UPDATE SET read_up_to = excluded.read_up_to",
      {conversation_id, user_id, up_to});
  if (!marked) return std::unexpected(marked.error());
  return unread;
}

Result<std::vector<Unread>> unread_of_ids(Transaction& tx, std::string_view conversation_id,
                                          std::string_view user_id, const std::vector<std::string>& ids) {
  std::vector<Unread> unread;
  for (const std::string& id : ids) {
    struct Found {
      Unread message;
      bool news = false;
    };
    const auto found = tx.query_one(
        "SELECT m.id, m.seq, m.sender_id, r.read_at FROM messages m LEFT JOIN receipts r "
        "ON r.conversation_id = m.conversation_id AND r.seq = m.seq AND r.user_id = $2 "
        "WHERE m.id = $3 AND m.conversation_id = $1",
        {conversation_id, user_id, id}, [user_id](const Row& row) {
          return Found{unread_of(row), row.text(2) != user_id && row.is_null(3)};
        });
    if (!found) return std::unexpected(found.error());
    if (!*found) return fail(ErrorKind::not_found, "Message not found");
    if ((*found)->news) unread.push_back((*found)->message);
  }
  std::ranges::sort(unread, {}, &Unread::seq);
  const auto repeated = std::ranges::unique(unread, {}, &Unread::seq);
  unread.erase(repeated.begin(), repeated.end());
  return unread;
}

}  // namespace

Result<std::optional<Message>> find_message(Transaction& tx, std::string_view id) {
  return tx.query_one("SELECT " + std::string(kMessageColumns) + " FROM messages WHERE id = $1", {id},
                      message_of);
}

Result<bool> mark_delivered(Transaction& tx, const Message& message, std::string_view user_id, WallMs now) {
  if (message.sender_id == user_id) return false;
  const auto changed = tx.run(
      "INSERT INTO receipts (conversation_id, seq, user_id, delivered_at) VALUES ($1, $2, $3, $4) "
      "ON CONFLICT (conversation_id, seq, user_id) DO UPDATE SET delivered_at = excluded.delivered_at "
      "WHERE receipts.delivered_at IS NULL",
      {message.conversation_id, message.seq, user_id, now});
  if (!changed) return std::unexpected(changed.error());
  return *changed > 0;
}

Result<std::vector<std::string>> mark_read(Transaction& tx, std::string_view conversation_id,
                                           std::string_view user_id, const ReadMark& mark, WallMs now) {
  // What is unread is told once.
  const std::string key = "reads of " + std::string(user_id) + " in " + std::string(conversation_id);
  if (auto locked = tx.lock(key); !locked) return std::unexpected(locked.error());
  auto unread = mark.up_to ? unread_up_to(tx, conversation_id, user_id, *mark.up_to)
                           : unread_of_ids(tx, conversation_id, user_id, mark.message_ids);
  if (!unread) return std::unexpected(std::move(unread.error()));
  std::vector<std::string> ids;
  for (Unread& message : *unread) {
    const auto done = tx.run(
        "INSERT INTO receipts (conversation_id, seq, user_id, read_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (conversation_id, seq, user_id) DO UPDATE SET read_at = excluded.read_at",
        {conversation_id, message.seq, user_id, now});
    if (!done) return std::unexpected(done.error());
    ids.push_back(std::move(message.id));
  }
  return ids;
}

Result<std::map<std::int64_t, Receipts>> receipts_of(Transaction& tx, std::string_view conversation_id,
                                                     const std::vector<Message>& messages) {
  std::map<std::int64_t, Receipts> receipts;
  if (messages.empty()) return receipts;
  const auto [first, last] = std::minmax(messages.front().seq, messages.back().seq);
  const auto read = tx.query(
      "SELECT seq, user_id, read_at FROM receipts WHERE conversation_id = $1 AND seq >= $2 AND seq <= $3 "
      "ORDER BY seq, user_id",
      {conversation_id, first, last}, [&receipts](const Row& row) {
        Receipts& of_message = receipts[row.integer(0)];
        of_message.delivered_to.push_back(row.text(1));
        if (!row.is_null(2)) of_message.read_by.push_back(row.text(1));
      });
  if (!read) return std::unexpected(read.error());
  return receipts;
}

}  // namespace belfry::conversations
