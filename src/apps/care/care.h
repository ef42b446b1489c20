// App `care`: families that care for somebody together.
#pragma once

#include "apps/care/rules.h"
#include "apps/common/absent_mail.h"
#include "apps/common/app.h"
#include "apps/common/door.h"
#include "apps/common/group_routes.h"
#include "apps/common/member_rooms.h"
#include "apps/common/notification_feed.h"

namespace belfry::care {

class Care : public apps::App {
 public:
  /// `root`: on `/` too, beside `/care`.
  Care(const apps::Parts& parts, bool root);

  apps::AppEntry entry() override {
    return {"care", mounts_, events_, [this](const auto& done) { door_.gather_stats(done); }};
  }

  void start() override { mail_.start(); }

 private:
  void add_events();
  void tell_what_happens();
  void tell(const std::string& family_id, std::string_view event, const Value& payload) const;

  const apps::Parts parts_;
  const apps::Mounts mounts_;
  apps::Events events_;
  apps::MemberRooms families_;
  apps::Door door_;
  apps::GroupRoutes family_routes_;
  apps::NotificationFeed notifications_;
  apps::AbsentMail mail_;
};

}  // namespace belfry::care
