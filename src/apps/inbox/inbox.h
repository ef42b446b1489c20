// App `inbox`: notifications for the users of an API of one's own, over its cookie.
#pragma once

#include <string>

#include "apps/common/app.h"
#include "apps/common/door.h"
#include "apps/common/notification_feed.h"
#include "services/jobs/jobs.h"

namespace belfry::inbox {

class Inbox : public apps::App {
 public:
  /// `root`: on `/` too, beside `/inbox`.
  Inbox(const apps::Parts& parts, bool root);

  void start() override;
  apps::AppEntry entry() override {
    return {"inbox", mounts_, events_, [this](const auto& done) { door_.gather_stats(done); }};
  }

 private:
  void create(const apps::Call& call) const;
  void show_job(const apps::Call& call) const;
  void go_on(const std::string& id) const;

  const apps::Parts parts_;
  const apps::Mounts mounts_;
  apps::Events events_;
  apps::Door door_;
  apps::NotificationFeed feed_;
};

}  // namespace belfry::inbox
