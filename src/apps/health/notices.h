// Notifications of the app: what clients and servers may ask of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/health/topics.h"
#include "belfry/describe.h"
#include "services/notifications/notifications.h"

namespace belfry::health {

inline constexpr std::string_view kApp = "health";

struct NotificationTarget {
  std::string notification_id;
};
constexpr auto describe(Type<NotificationTarget>) {
  return fields(field("notificationId", &NotificationTarget::notification_id));
}

struct TopicsInput {
  std::vector<std::string> topics;
};
constexpr auto describe(Type<TopicsInput>) {
  return fields(field("topics", &TopicsInput::topics));
}

struct NotificationListInput {
  std::optional<long> limit;
  std::optional<std::string> before;
  std::optional<bool> unread_only;
};
constexpr auto describe(Type<NotificationListInput>) {
  return fields(field("limit", &NotificationListInput::limit),
                field("before", &NotificationListInput::before),
                field("unreadOnly", &NotificationListInput::unread_only));
}

/// Whom to tell (one of the first three) and what.
struct NotifyInput {
  std::optional<std::string> user_id;
  std::optional<std::vector<std::string>> user_ids;
  std::optional<std::string> topic;
  std::string type;
  std::string title;
  std::string message;
  Value data;
  std::optional<std::string> priority;
};
constexpr auto describe(Type<NotifyInput>) {
  return fields(field("userId", &NotifyInput::user_id), field("userIds", &NotifyInput::user_ids),
                field("topic", &NotifyInput::topic), field("type", &NotifyInput::type),
                field("title", &NotifyInput::title), field("message", &NotifyInput::message),
                field("data", &NotifyInput::data), field("priority", &NotifyInput::priority));
}

/// Names of topics: 1 to 100 characters without spaces, at most 200. Fails with `invalid`, or with
/// `forbidden` (`Access denied to this topic`).
Result<void> check_topics(const std::vector<std::string>& topics, const apps::Caller& caller,
                          const TopicRules& rules);

Result<notifications::ListQuery> read_list(const NotificationListInput& input);

/// Fails with `invalid`.
Result<void> check_notify(const NotifyInput& input);
/// Stores what was asked and answers what the route does: the notification of the one user, or how many were
/// made. Inside a unit of work.
Result<Value> notify_all(store::Transaction& tx, const NotifyInput& input);

/// `{items, nextCursor}`
Value to_json(const notifications::List& list);

}  // namespace belfry::health
