#include "services/notifications/notifications.h"

#include <memory>
#include <utility>

#include "core/ids.h"

namespace belfry::notifications {

namespace {

using store::Row;
using store::Transaction;

Notification notification_of(const Row& row) {
  Value data = Value::parse(row.text(5), nullptr, false);
  if (data.is_discarded()) data = nullptr;
  return {.id = row.text(0),
          .user_id = row.text(1),
          .content = {.type = row.text(2),
                      .title = row.text(3),
                      .message = row.text(4),
                      .data = std::move(data),
                      .priority = row.text(6),
                      .topic = row.optional_text(7)},
          .read = !row.is_null(8),
          .created_at = row.integer(9)};
}

}  // namespace

Value to_json(const Notification& notification) {
  const NewNotification& content = notification.content;
  const std::string created = iso_time(notification.created_at);
  Value json = {{"id", notification.id},      {"type", content.type}, {"title", content.title},
                {"message", content.message}, {"data", content.data}, {"priority", content.priority},
                {"read", notification.read},  {"createdAt", created}, {"timestamp", created}};
  if (content.topic) json["topic"] = *content.topic;
  return json;
}

std::string key_of(std::string_view app, std::string_view user_id) {
  return "notifications:" + std::string(app) + ":" + std::string(user_id);
}

Result<Notification> notify(Transaction& tx, std::string_view app, std::string_view user_id,
                            const NewNotification& content, WallMs now) {
  Notification made{.id = make_uuid7(),
                    .user_id = std::string(user_id),
                    .content = content,
                    .read = false,
                    .created_at = now};
  const std::string data = content.data.dump(-1, ' ', false, Value::error_handler_t::replace);
  const auto done = tx.run(
      "INSERT INTO notifications (id, app, user_id, type, title, message, data, priority, topic, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      {made.id, app, user_id, content.type, content.title, content.message, data, content.priority,
       content.topic, now});
  if (!done) return std::unexpected(done.error());
  auto event = std::make_shared<NotificationMade>();
  event->app = app;
  event->notification = made;
  tx.tell(std::move(event));
  return made;
}

Result<List> list(Transaction& tx, std::string_view app, std::string_view user_id, const ListQuery& query) {
  constexpr std::string_view kAll =
      "SELECT id, user_id, type, title, message, data, priority, topic, read_at, created_at "
      "FROM notifications WHERE app = $1 AND user_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4";
  constexpr std::string_view kUnread =
      "SELECT id, user_id, type, title, message, data, priority, topic, read_at, created_at "
      "FROM notifications WHERE app = $1 AND user_id = $2 AND read_at IS NULL AND id < $3 "
      "ORDER BY id DESC LIMIT $4";
  // One more than asked says whether there is more.
  auto found = tx.query_all(
      query.unread_only ? kUnread : kAll,
      {app, user_id, store::ids_before(query.before ? *query.before : ""), query.limit + 1}, notification_of);
  if (!found) return std::unexpected(std::move(found.error()));
  List list{.items = std::move(*found), .next_cursor = {}};
  if (list.items.size() > static_cast<std::size_t>(query.limit)) {
    list.items.pop_back();
    list.next_cursor = list.items.back().id;
  }
  return list;
}

Result<std::size_t> count_unread(Transaction& tx, std::string_view app, std::string_view user_id) {
  const auto count =
      tx.query_one("SELECT count(*) FROM notifications WHERE app = $1 AND user_id = $2 AND read_at IS NULL",
                   {app, user_id}, [](const Row& row) { return static_cast<std::size_t>(row.integer(0)); });
  if (!count) return std::unexpected(count.error());
  return count->value_or(0);
}

Result<void> mark_read(Transaction& tx, std::string_view app, std::string_view user_id, std::string_view id,
                       std::string_view by_socket, WallMs now) {
  const auto unread =
      tx.query_one("SELECT read_at FROM notifications WHERE id = $1 AND app = $2 AND user_id = $3",
                   {id, app, user_id}, [](const Row& row) { return row.is_null(0); });
  if (!unread) return std::unexpected(unread.error());
  if (!*unread) return fail(ErrorKind::not_found, "Notification not found");
  if (!**unread) return {};
  const auto done =
      tx.run("UPDATE notifications SET read_at = $2 WHERE id = $1 AND read_at IS NULL", {id, now});
  if (!done) return std::unexpected(done.error());
  if (*done == 0) return {};
  auto event = std::make_shared<NotificationRead>();
  event->app = app;
  event->user_id = user_id;
  event->notification_id = id;
  event->by_socket = by_socket;
  tx.tell(std::move(event));
  return {};
}

Result<std::size_t> mark_all_read(Transaction& tx, std::string_view app, std::string_view user_id,
                                  std::string_view by_socket, WallMs now) {
  const auto changed =
      tx.run("UPDATE notifications SET read_at = $3 WHERE app = $1 AND user_id = $2 AND read_at IS NULL",
             {app, user_id, now});
  if (!changed) return std::unexpected(changed.error());
  const auto count = static_cast<std::size_t>(*changed);
  if (count > 0) {
    auto event = std::make_shared<AllNotificationsRead>();
    event->app = app;
    event->user_id = user_id;
    event->count = count;
    event->by_socket = by_socket;
    tx.tell(std::move(event));
  }
  return count;
}

// ---- topics ----

Result<void> follow(Transaction& tx, std::string_view app, std::string_view user_id,
                    const std::vector<std::string>& topics) {
  if (auto locked = tx.lock("topics of " + std::string(user_id)); !locked) return locked;
  for (const std::string& topic : topics) {
    const auto done = tx.run(
        "INSERT INTO topic_followers (app, topic, user_id) VALUES ($1, $2, $3) "
        "ON CONFLICT (app, topic, user_id) DO NOTHING",
        {app, topic, user_id});
    if (!done) return std::unexpected(done.error());
  }
  const auto count = tx.query_one("SELECT count(*) FROM topic_followers WHERE app = $1 AND user_id = $2",
                                  {app, user_id}, [](const Row& row) { return row.integer(0); });
  if (!count) return std::unexpected(count.error());
  if (count->value_or(0) > static_cast<std::int64_t>(kTopicsMax)) {
    return fail(ErrorKind::too_large, "topics: more than " + std::to_string(kTopicsMax));
  }
  return {};
}

Result<void> unfollow(Transaction& tx, std::string_view app, std::string_view user_id,
                      const std::vector<std::string>& topics) {
  for (const std::string& topic : topics) {
    const auto done = tx.run("DELETE FROM topic_followers WHERE app = $1 AND topic = $2 AND user_id = $3",
                             {app, topic, user_id});
    if (!done) return std::unexpected(done.error());
  }
  return {};
}

Result<std::vector<std::string>> followed(Transaction& tx, std::string_view app, std::string_view user_id) {
  return tx.query_all("SELECT topic FROM topic_followers WHERE app = $1 AND user_id = $2", {app, user_id},
                      [](const Row& row) { return row.text(0); });
}

Result<std::vector<std::string>> followers(Transaction& tx, std::string_view app, std::string_view topic,
                                           std::string_view after, int limit) {
  return tx.query_all(
      "SELECT user_id FROM topic_followers WHERE app = $1 AND topic = $2 AND user_id > $3 "
      "ORDER BY user_id LIMIT $4",
      {app, topic, after, limit}, [](const Row& row) { return row.text(0); });
}

}  // namespace belfry::notifications
