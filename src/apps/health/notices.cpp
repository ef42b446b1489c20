#include "apps/health/notices.h"

#include <algorithm>
#include <utility>

#include "apps/common/json.h"
#include "core/clock.h"

namespace belfry::health {

namespace {

constexpr std::size_t kTypeMax = 100;
constexpr std::size_t kTitleMax = 200;
constexpr std::size_t kMessageMax = 4'000;
constexpr std::size_t kTopicMax = 100;
constexpr std::size_t kDataMaxBytes = 16'384;
constexpr std::size_t kUsersMax = 1'000;
// Of a topic, in one unit of work.
constexpr int kFollowersMax = 10'000;
constexpr int kListMax = 200;

Result<void> check_topic(const std::string& field, const std::string& topic) {
  const bool plain = std::ranges::none_of(topic, [](unsigned char c) { return c <= 0x20 || c == 0x7f; });
  if (!plain) return fail_field(field, "must hold no spaces");
  return apps::check_text(field, topic, kTopicMax);
}

Result<void> check_targets(const NotifyInput& input) {
  if (input.user_id.has_value() + input.user_ids.has_value() + input.topic.has_value() != 1) {
    return fail_field("userId", "or userIds or topic is required, and one of them only");
  }
  if (input.user_id) return apps::check_user_id("userId", *input.user_id);
  if (input.topic) return check_topic("topic", *input.topic);
  if (input.user_ids->empty()) return fail_field("userIds", "must name at least one");
  if (input.user_ids->size() > kUsersMax)
    return fail_field("userIds", "more than " + std::to_string(kUsersMax));
  for (std::size_t i = 0; i < input.user_ids->size(); ++i) {
    auto good = apps::check_user_id("userIds." + std::to_string(i), (*input.user_ids)[i]);
    if (!good) return good;
  }
  return {};
}

Result<std::vector<std::string>> users_of(store::Transaction& tx, const NotifyInput& input) {
  if (input.topic) {
    auto users = notifications::followers(tx, kApp, *input.topic, "", kFollowersMax + 1);
    if (users && users->size() > static_cast<std::size_t>(kFollowersMax)) {
      return fail(ErrorKind::too_large,
                  "This topic has more than " + std::to_string(kFollowersMax) + " followers");
    }
    return users;
  }
  std::vector<std::string> users = input.user_ids.value_or(std::vector<std::string>());
  std::ranges::sort(users);
  const auto repeated = std::ranges::unique(users);
  users.erase(repeated.begin(), repeated.end());
  return users;
}

}  // namespace

Result<void> check_topics(const std::vector<std::string>& topics, const apps::Caller& caller,
                          const TopicRules& rules) {
  if (topics.size() > notifications::kTopicsMax) {
    return fail_field("topics", "more than " + std::to_string(notifications::kTopicsMax));
  }
  for (std::size_t i = 0; i < topics.size(); ++i) {
    if (auto good = check_topic("topics." + std::to_string(i), topics[i]); !good) return good;
    if (!rules.allows(caller, topics[i])) return fail(ErrorKind::forbidden, "Access denied to this topic");
  }
  return {};
}

Result<notifications::ListQuery> read_list(const NotificationListInput& input) {
  if (auto good = apps::check_cursor(input.before.value_or("")); !good) return std::unexpected(good.error());
  notifications::ListQuery query{.before = input.before, .unread_only = input.unread_only.value_or(false)};
  if (input.limit) {
    if (*input.limit < 1)
      return fail_field("limit", "must be a whole number from 1 to " + std::to_string(kListMax));
    query.limit = static_cast<int>(std::min<long>(*input.limit, kListMax));
  }
  return query;
}

Result<void> check_notify(const NotifyInput& input) {
  Result<void> good = check_targets(input);
  if (good) good = apps::check_text("type", input.type, kTypeMax);
  if (good) good = apps::check_text("title", input.title, kTitleMax);
  if (good) good = apps::check_text("message", input.message, kMessageMax);
  if (good) good = apps::check_document("data", input.data, kDataMaxBytes);
  if (!good) return good;
  if (input.priority && std::ranges::find(notifications::kPriorities, *input.priority) ==
                            std::end(notifications::kPriorities)) {
    return fail_field("priority", "must be low, normal, high or urgent");
  }
  return {};
}

Result<Value> notify_all(store::Transaction& tx, const NotifyInput& input) {
  const notifications::NewNotification content{.type = input.type,
                                               .title = input.title,
                                               .message = input.message,
                                               .data = input.data,
                                               .priority = input.priority.value_or("normal"),
                                               .topic = input.topic};
  const WallMs now = wall_now_ms();
  if (input.user_id) {
    const auto made = notifications::notify(tx, kApp, *input.user_id, content, now);
    if (!made) return std::unexpected(made.error());
    return notifications::to_json(*made);
  }
  const auto users = users_of(tx, input);
  if (!users) return std::unexpected(users.error());
  for (const std::string& user : *users) {
    const auto made = notifications::notify(tx, kApp, user, content, now);
    if (!made) return std::unexpected(made.error());
  }
  return Value{{"created", users->size()}};
}

Value to_json(const notifications::List& list) {
  Value items = Value::array();
  for (const auto& one : list.items) items.push_back(notifications::to_json(one));
  return {{"items", std::move(items)}, {"nextCursor", apps::json_or_null(list.next_cursor)}};
}

}  // namespace belfry::health
