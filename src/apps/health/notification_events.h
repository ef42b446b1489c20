// Events of notifications: they come, are read, and wait for whoever was away.
#pragma once

#include "apps/common/events.h"
#include "apps/health/notices.h"
#include "apps/health/shard_state.h"
#include "runtime/event_bus.h"

namespace belfry::health {

/// Owned by the gateway. What a user is told of comes from one shard, their home, in the order of commits.
class NotificationEvents {
 public:
  NotificationEvents(Context& context, apps::Events& events, runtime::EventBus& bus);

  /// Gives the socket what has come while its user was away; what comes from then on it gets by itself.
  void welcome(const Socket& socket);
  /// Ends what the user follows and, with the role that they have now, may not.
  void leave_topics(const Caller& caller);

 private:
  void on_read(const apps::Request& request, const NotificationTarget& input);
  void on_read_all(const apps::Request& request);
  void on_count(const apps::Request& request);
  void on_list(const apps::Request& request, const NotificationListInput& input);
  void on_topics(const apps::Request& request, const TopicsInput& input, bool follows);
  void listen(runtime::EventBus& bus);
  void tell(const std::string& user_id, const std::string& by_socket, std::string_view event,
            const Value& payload);

  Context& context_;
};

}  // namespace belfry::health
