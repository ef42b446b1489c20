#include "apps/common/notification_feed.h"

#include <utility>

#include "core/clock.h"

namespace belfry::apps {

namespace {

using notifications::Notification;
using notifications::NotificationMade;
using store::Transaction;

}  // namespace

Value short_json(const Notification& notification) {
  return {{"id", notification.id},
          {"message", notification.content.message},
          {"type", notification.content.type},
          {"createdAt", iso_time(notification.created_at)}};
}

NotificationFeed::NotificationFeed(const Parts& parts, const Mounts& mounts, std::string app)
    : store_(parts.store), mounts_(mounts), app_(std::move(app)) {
  parts.bus.subscribe<NotificationMade>([this](const auto& event) {
    if (event->app != app_) return;
    mounts_.tell({user_room_name(event->notification.user_id)}, {}, "notification",
                 short_json(event->notification));
  });
  const std::string path = "/v1/" + app_ + "/notifications";
  parts.api.route("GET", path, [this](const Call& call) { list(call); });
  parts.api.route("POST", path + "/{id}/read", [this](const Call& call) { mark_read(call); });
  parts.api.route("POST", path + "/read-all", [this](const Call& call) { mark_all_read(call); });
  parts.api.route("GET", path + "/unread-count", [this](const Call& call) { count_unread(call); });
}

void NotificationFeed::list(const Call& call) const {
  const auto page = call.page();
  if (!page) return call.refuse(page.error());
  const std::string unread = call.parameter("unread");
  if (!unread.empty() && unread != "true" && unread != "false") {
    return call.refuse({.kind = ErrorKind::invalid, .message = "must be true or false", .field = "unread"});
  }
  const notifications::ListQuery query{
      .limit = page->limit,
      .before = page->before.empty() ? std::nullopt : std::optional(page->before),
      .unread_only = unread == "true"};
  call.read(store_, [app = app_, user = call.caller().user_id, query](Transaction& tx) -> Result<Value> {
    const auto found = notifications::list(tx, app, user, query);
    if (!found) return std::unexpected(found.error());
    Value items = Value::array();
    for (const Notification& one : found->items) {
      Value item = short_json(one);
      item["read"] = one.read;
      items.push_back(std::move(item));
    }
    return Value{{"items", std::move(items)}, {"nextCursor", json_or_null(found->next_cursor)}};
  });
}

void NotificationFeed::mark_read(const Call& call) const {
  const std::string user = call.caller().user_id;
  const auto work = [app = app_, user, id = call.parameter("id")](Transaction& tx) -> Result<Value> {
    if (auto done = notifications::mark_read(tx, app, user, id, "", wall_now_ms()); !done) {
      return std::unexpected(done.error());
    }
    return Value{{"success", true}};
  };
  call.write(store_, notifications::key_of(app_, user), work, 200);
}

void NotificationFeed::mark_all_read(const Call& call) const {
  const std::string user = call.caller().user_id;
  const auto work = [app = app_, user](Transaction& tx) -> Result<Value> {
    const auto count = notifications::mark_all_read(tx, app, user, "", wall_now_ms());
    if (!count) return std::unexpected(count.error());
    return Value{{"success", true}, {"count", *count}};
  };
  call.write(store_, notifications::key_of(app_, user), work, 200);
}

void NotificationFeed::count_unread(const Call& call) const {
  call.read(store_, [app = app_, user = call.caller().user_id](Transaction& tx) -> Result<Value> {
    const auto count = notifications::count_unread(tx, app, user);
    if (!count) return std::unexpected(count.error());
    return Value{{"unreadCount", *count}};
  });
}

}  // namespace belfry::apps
