// Notifications of users, kept until they are read, and the topics that users follow.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/describe.h"
#include "belfry/result.h"
#include "belfry/value.h"
#include "core/clock.h"
#include "core/event.h"
#include "store/transaction.h"

namespace belfry::notifications {

inline constexpr std::string_view kPriorities[] = {"low", "normal", "high", "urgent"};

/// What is to be told. What it may hold is the caller's to check.
struct NewNotification {
  std::string type;
  std::string title;
  std::string message;
  Value data = nullptr;
  std::string priority = "normal";  ///< one of kPriorities
  std::optional<std::string> topic = {};
};
constexpr auto describe(Type<NewNotification>) {
  return fields(field("type", &NewNotification::type), field("title", &NewNotification::title),
                field("message", &NewNotification::message), field("data", &NewNotification::data),
                field("priority", &NewNotification::priority), field("topic", &NewNotification::topic));
}

struct Notification {
  std::string id;  ///< UUID version 7
  std::string user_id;
  NewNotification content;
  bool read = false;
  WallMs created_at = 0;
};
constexpr auto describe(Type<Notification>) {
  return fields(field("id", &Notification::id), field("userId", &Notification::user_id),
                field("content", &Notification::content), field("read", &Notification::read),
                field("createdAt", &Notification::created_at));
}

/// The contract's form of one.
Value to_json(const Notification& notification);

/// Told after the commit, each for one app's users. `app` keeps the apps' notifications apart.
struct NotificationMade : Event {
  std::string app;
  Notification notification;
};
constexpr auto describe(Type<NotificationMade>) {
  return fields(field("app", &NotificationMade::app), field("notification", &NotificationMade::notification));
}
struct NotificationRead : Event {
  std::string app;
  std::string user_id;
  std::string notification_id;
  std::string by_socket;  ///< of whoever read it; empty: none
};
constexpr auto describe(Type<NotificationRead>) {
  return fields(field("app", &NotificationRead::app), field("userId", &NotificationRead::user_id),
                field("notificationId", &NotificationRead::notification_id),
                field("bySocket", &NotificationRead::by_socket));
}
struct AllNotificationsRead : Event {
  std::string app;
  std::string user_id;
  std::size_t count = 0;
  std::string by_socket;
};
constexpr auto describe(Type<AllNotificationsRead>) {
  return fields(field("app", &AllNotificationsRead::app), field("userId", &AllNotificationsRead::user_id),
                field("count", &AllNotificationsRead::count),
                field("bySocket", &AllNotificationsRead::by_socket));
}

/// These run inside a unit of work whose key is `key_of(app, user)` where it is one user's, and fail as their
/// statements do.

std::string key_of(std::string_view app, std::string_view user_id);

/// Stores it and tells `NotificationMade`.
Result<Notification> notify(store::Transaction& tx, std::string_view app, std::string_view user_id,
                            const NewNotification& content, WallMs now);

struct ListQuery {
  int limit = 50;
  std::optional<std::string> before = {};  ///< the id of the last one that was seen
  bool unread_only = false;
};
struct List {
  std::vector<Notification> items;  ///< newest first
  std::optional<std::string> next_cursor;
};
Result<List> list(store::Transaction& tx, std::string_view app, std::string_view user_id,
                  const ListQuery& query);
Result<std::size_t> count_unread(store::Transaction& tx, std::string_view app, std::string_view user_id);

/// Tells `NotificationRead`, if it was unread. Fails with `not_found` where it is not the user's.
Result<void> mark_read(store::Transaction& tx, std::string_view app, std::string_view user_id,
                       std::string_view id, std::string_view by_socket, WallMs now);
/// Tells `AllNotificationsRead`, if there were any; how many.
Result<std::size_t> mark_all_read(store::Transaction& tx, std::string_view app, std::string_view user_id,
                                  std::string_view by_socket, WallMs now);

// ---- topics ----

/// At most so many a user; past it `too_large`.
inline constexpr std::size_t kTopicsMax = 200;

Result<void> follow(store::Transaction& tx, std::string_view app, std::string_view user_id,
                    const std::vector<std::string>& topics);
Result<void> unfollow(store::Transaction& tx, std::string_view app, std::string_view user_id,
                      const std::vector<std::string>& topics);
/// The topics that a user follows.
Result<std::vector<std::string>> followed(store::Transaction& tx, std::string_view app,
                                          std::string_view user_id);
/// Who follows it, by id, those after `after`: at most `limit`.
Result<std::vector<std::string>> followers(store::Transaction& tx, std::string_view app,
                                           std::string_view topic, std::string_view after, int limit);

}  // namespace belfry::notifications
