// Notifications of one app's users, as its clients and REST have them.
#pragma once

#include <string>
#include <string_view>

#include "apps/common/parts.h"
#include "services/notifications/notifications.h"

namespace belfry::apps {

/// Emits `notification {id, message, type, createdAt}` to the user's sockets once one is stored, and serves
/// `GET /v1/<app>/notifications`, `POST …/{id}/read`, `POST …/read-all` and `GET …/unread-count` to their
/// owner. Owned by the app; handlers run on the shard of their request.
class NotificationFeed {
 public:
  NotificationFeed(const Parts& parts, const Mounts& mounts, std::string app);

 private:
  void list(const Call& call) const;
  void mark_read(const Call& call) const;
  void mark_all_read(const Call& call) const;
  void count_unread(const Call& call) const;

  store::Store& store_;
  const Mounts& mounts_;
  const std::string app_;
};

/// `{id, message, type, createdAt}`
Value short_json(const notifications::Notification& notification);

}  // namespace belfry::apps
