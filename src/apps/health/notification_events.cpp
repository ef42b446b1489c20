#include "apps/health/notification_events.h"

#include <utility>

namespace belfry::health {

namespace {

using apps::Request;
using store::Transaction;

constexpr int kPendingMax = 20;

// What a user finds when they come. Told like all that happens to their notifications: what was committed
// before is in it, what comes after is told by itself, nothing both ways.
struct Pending : LocalEvent {
  Socket socket;
  std::string user_id;
  std::size_t unread = 0;
  notifications::List newest;

  Pending(Socket one, std::string user) : socket(std::move(one)), user_id(std::move(user)) {}
};

std::string room_of(const std::string& user_id) {
  return "notifications:" + user_id;
}

Result<void> tell_pending(Transaction& tx, const Socket& socket, const std::string& user) {
  const auto unread = notifications::count_unread(tx, kApp, user);
  if (!unread) return std::unexpected(unread.error());
  auto newest = notifications::list(tx, kApp, user, {.limit = kPendingMax, .unread_only = true});
  if (!newest) return std::unexpected(std::move(newest.error()));
  const auto pending = std::make_shared<Pending>(socket, user);
  pending->unread = *unread;
  pending->newest = std::move(*newest);
  tx.tell(pending);
  return {};
}

}  // namespace

NotificationEvents::NotificationEvents(Context& context, apps::Events& events, runtime::EventBus& bus)
    : context_(context) {
  events.on<NotificationTarget>("notification:read",
                                [this](const auto& r, const auto& input) { on_read(r, input); });
  events.on("notification:readAll", [this](const Request& r) { on_read_all(r); });
  events.on("notification:getUnreadCount", [this](const Request& r) { on_count(r); });
  events.on<NotificationListInput>("notification:list",
                                   [this](const auto& r, const auto& input) { on_list(r, input); });
  events.on<TopicsInput>("notification:subscribe",
                         [this](const auto& r, const auto& input) { on_topics(r, input, true); });
  events.on<TopicsInput>("notification:unsubscribe",
                         [this](const auto& r, const auto& input) { on_topics(r, input, false); });
  listen(bus);
}

void NotificationEvents::listen(runtime::EventBus& bus) {
  bus.subscribe<Pending>([this](const auto& event) {
    context_.homes.run(event->user_id, [event](ShardState&) {
      event->socket.join(room_of(event->user_id));
      if (event->unread == 0) return;
      event->socket.emit("notification:pending", Value{{"unreadCount", event->unread},
                                                       {"items", to_json(event->newest).at("items")}});
    });
  });
  bus.subscribe<notifications::NotificationMade>([this](const auto& event) {
    const auto& made = event->notification;
    if (event->app == kApp) tell(made.user_id, "", "notification:new", notifications::to_json(made));
  });
  bus.subscribe<notifications::NotificationRead>([this](const auto& event) {
    if (event->app != kApp) return;
    tell(event->user_id, event->by_socket, "notification:read", {{"notificationId", event->notification_id}});
  });
  bus.subscribe<notifications::AllNotificationsRead>([this](const auto& event) {
    if (event->app != kApp) return;
    tell(event->user_id, event->by_socket, "notification:readAll", {{"markedCount", event->count}});
  });
}

void NotificationEvents::tell(const std::string& user_id, const std::string& by_socket,
                              std::string_view event, const Value& payload) {
  context_.homes.run(user_id, [this, user_id, by_socket, event, payload](ShardState&) {
    std::vector<std::string> except;
    if (!by_socket.empty()) except.push_back(by_socket);
    context_.mounts.tell({room_of(user_id)}, except, event, payload);
  });
}

void NotificationEvents::welcome(const Socket& socket) {
  const Caller caller = caller_of(socket);
  leave_topics(caller);
  const auto read = [socket, user = caller.user_id](Transaction& tx) {
    return tell_pending(tx, socket, user);
  };
  context_.store.read_in_order(apps::post_here(), read,
                               [this, socket, user = caller.user_id](const Result<void>& done) {
                                 if (done) return;
                                 apps::shown(done.error(), "notification:pending", context_.log);
                                 socket.join(room_of(user));
                               });
}

// Those that the user's role, which may have changed, allows no longer.
void NotificationEvents::leave_topics(const Caller& caller) {
  if (context_.options.topics.roles.empty()) return;
  const auto write = [caller, rules = context_.options.topics](Transaction& tx) -> Result<void> {
    auto topics = notifications::followed(tx, kApp, caller.user_id);
    if (!topics) return std::unexpected(topics.error());
    std::erase_if(*topics, [&](const std::string& topic) { return rules.allows(caller, topic); });
    return notifications::unfollow(tx, kApp, caller.user_id, *topics);
  };
  context_.store.write(apps::post_here(), notifications::key_of(kApp, caller.user_id), write,
                       [this](const Result<void>& done) {
                         if (!done) apps::shown(done.error(), "topics", context_.log);
                       });
}

void NotificationEvents::on_read(const Request& request, const NotificationTarget& input) {
  const std::string user = caller_of(request.socket).user_id;
  const auto write = [user, id = input.notification_id, socket = request.socket.id()](Transaction& tx) {
    return notifications::mark_read(tx, kApp, user, id, socket, wall_now_ms());
  };
  const std::string key = notifications::key_of(kApp, user);
  context_.store.write(apps::post_here(), key, write, [request](const Result<void>& done) {
    if (!done) return request.refuse(done.error());
    request.succeed();
  });
}

void NotificationEvents::on_read_all(const Request& request) {
  const std::string user = caller_of(request.socket).user_id;
  const auto write = [user, socket = request.socket.id()](Transaction& tx) {
    return notifications::mark_all_read(tx, kApp, user, socket, wall_now_ms());
  };
  const std::string key = notifications::key_of(kApp, user);
  context_.store.write(apps::post_here(), key, write, [request](const Result<std::size_t>& count) {
    if (!count) return request.refuse(count.error());
    request.succeed({{"markedCount", *count}});
  });
}

// Writes, though these two write nothing: they come after what the same client marked just before.
void NotificationEvents::on_count(const Request& request) {
  const std::string user = caller_of(request.socket).user_id;
  apps::write(
      context_.store, request, notifications::key_of(kApp, user),
      [user](Transaction& tx) { return notifications::count_unread(tx, kApp, user); },
      [](std::size_t count) { return Value{{"unreadCount", count}}; });
}

void NotificationEvents::on_list(const Request& request, const NotificationListInput& input) {
  const auto query = read_list(input);
  if (!query) return request.refuse(query.error());
  const std::string user = caller_of(request.socket).user_id;
  apps::write(
      context_.store, request, notifications::key_of(kApp, user),
      [user, query = *query](Transaction& tx) { return notifications::list(tx, kApp, user, query); },
      [](const notifications::List& list) { return to_json(list); });
}

void NotificationEvents::on_topics(const Request& request, const TopicsInput& input, bool follows) {
  const Caller caller = caller_of(request.socket);
  // Whoever may follow a topic no longer may still leave it.
  static const TopicRules everything;
  const TopicRules& rules = follows ? context_.options.topics : everything;
  if (auto good = check_topics(input.topics, caller, rules); !good) return request.refuse(good.error());
  const auto write = [user = caller.user_id, topics = input.topics, follows](Transaction& tx) {
    return follows ? notifications::follow(tx, kApp, user, topics)
                   : notifications::unfollow(tx, kApp, user, topics);
  };
  const std::string key = notifications::key_of(kApp, caller.user_id);
  const auto done = [request, topics = input.topics, follows](const Result<void>& changed) {
    if (!changed) return request.refuse(changed.error());
    request.succeed();
    request.socket.emit(follows ? "notification:subscribed" : "notification:unsubscribed",
                        Value{{"topics", topics}});
  };
  context_.store.write(apps::post_here(), key, write, done);
}

}  // namespace belfry::health
