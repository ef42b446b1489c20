#include "services/mail/absences.h"

#include <memory>
#include <utility>

#include "core/ids.h"
#include "services/mail/mail.h"

namespace belfry::mail {

using store::Row;
using store::Transaction;

Result<void> keep_notice(Transaction& tx, std::string_view app, std::string_view group_id,
                         std::string_view sender_id, const Value& input, WallMs now) {
  auto event = std::make_shared<NoticeKept>();
  event->notice = {.id = make_uuid7(),
                   .app = std::string(app),
                   .group_id = std::string(group_id),
                   .sender_id = std::string(sender_id),
                   .input = input.dump(),
                   .done_to = {},
                   .created_at = {now}};
  if (auto kept = store::insert(tx, "mail_notices", event->notice); !kept) return kept;
  tx.tell(std::move(event));
  return {};
}

Result<std::vector<Notice>> notices_before(Transaction& tx, std::string_view app, WallMs before, int limit) {
  return store::list<Notice>(tx, "mail_notices", "app = $1 AND created_at < $2 ORDER BY id LIMIT $3",
                             {app, before, limit});
}

Result<bool> advance_notice(Transaction& tx, const Notice& notice,
                            const std::optional<std::string>& user_id) {
  const auto done = user_id ? tx.run("UPDATE mail_notices SET done_to = $3 WHERE id = $1 AND done_to = $2",
                                     {notice.id, notice.done_to, *user_id})
                            : tx.run("DELETE FROM mail_notices WHERE id = $1 AND done_to = $2",
                                     {notice.id, notice.done_to});
  if (!done) return std::unexpected(done.error());
  return *done == 1;
}

Result<bool> open_window(Transaction& tx, const Window& window, WallMs now) {
  const std::string key = "mail window:" + window.app + ":" + window.group_id + ":" + window.user_id;
  if (auto locked = tx.lock(key); !locked) return std::unexpected(locked.error());
  const auto counted = tx.run(
      "UPDATE mail_windows SET waiting = waiting + 1 WHERE app = $1 AND group_id = $2 AND user_id = $3 AND "
      "(until > $4 OR waiting > 0)",
      {window.app, window.group_id, window.user_id, now});
  if (!counted) return std::unexpected(counted.error());
  if (*counted == 1) return false;
  const auto opened = tx.run(
      "INSERT INTO mail_windows (app, group_id, user_id, waiting, until) VALUES ($1, $2, $3, 0, $4) "
      "ON CONFLICT (app, group_id, user_id) DO UPDATE SET until = $4, waiting = 0",
      {window.app, window.group_id, window.user_id, window.until});
  if (!opened) return std::unexpected(opened.error());
  return true;
}

Result<std::vector<Window>> due_windows(Transaction& tx, std::string_view app, WallMs now, int limit) {
  return store::list<Window>(tx, "mail_windows", "app = $1 AND until <= $2 ORDER BY until LIMIT $3",
                             {app, now, limit});
}

Result<std::optional<WallMs>> next_window(Transaction& tx, std::string_view app) {
  return tx.query_one("SELECT until FROM mail_windows WHERE app = $1 ORDER BY until LIMIT 1", {app},
                      [](const Row& row) { return row.integer(0); });
}

Result<std::optional<std::int64_t>> close_window(Transaction& tx, const Window& window) {
  return tx.query_one(
      "DELETE FROM mail_windows WHERE app = $1 AND group_id = $2 AND user_id = $3 AND until = $4 "
      "RETURNING waiting",
      {window.app, window.group_id, window.user_id, window.until},
      [](const Row& row) { return row.integer(0); });
}

Result<bool> is_muted(Transaction& tx, std::string_view app, std::string_view group_id,
                      std::string_view user_id) {
  const auto muted =
      tx.query_one("SELECT muted FROM mail_choices WHERE app = $1 AND group_id = $2 AND user_id = $3",
                   {app, group_id, user_id}, [](const Row& row) { return row.integer(0) != 0; });
  if (!muted) return std::unexpected(muted.error());
  return muted->value_or(false);
}

Result<void> set_muted(Transaction& tx, std::string_view app, std::string_view group_id,
                       std::string_view user_id, bool muted) {
  const auto token = unsubscribe_token(tx, app, group_id, user_id);
  if (!token) return std::unexpected(token.error());
  const auto done = tx.run("UPDATE mail_choices SET muted = $2 WHERE token = $1", {*token, muted ? 1 : 0});
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::string> unsubscribe_token(Transaction& tx, std::string_view app, std::string_view group_id,
                                      std::string_view user_id) {
  const auto made = tx.run(
      "INSERT INTO mail_choices (app, group_id, user_id, muted, token) VALUES ($1, $2, $3, 0, $4) "
      "ON CONFLICT (app, group_id, user_id) DO NOTHING",
      {app, group_id, user_id, make_sid() + make_sid()});
  if (!made) return std::unexpected(made.error());
  const auto token =
      tx.query_one("SELECT token FROM mail_choices WHERE app = $1 AND group_id = $2 AND user_id = $3",
                   {app, group_id, user_id}, [](const Row& row) { return row.text(0); });
  if (!token) return std::unexpected(token.error());
  return token->value_or("");
}

Result<bool> unsubscribe(Transaction& tx, std::string_view app, std::string_view token) {
  using Choice = std::pair<std::string, std::string>;
  const auto choice = tx.query_one(
      "UPDATE mail_choices SET muted = 1 WHERE app = $1 AND token = $2 RETURNING group_id, user_id",
      {app, token}, [](const Row& row) { return Choice(row.text(0), row.text(1)); });
  if (!choice) return std::unexpected(choice.error());
  if (!*choice) return false;
  if (auto gone = withdraw(tx, app, (*choice)->first, (*choice)->second); !gone) {
    return std::unexpected(gone.error());
  }
  return true;
}

}  // namespace belfry::mail
