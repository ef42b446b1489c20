// App `groups`: group chat.
#pragma once

#include <string>
#include <vector>

#include "apps/common/absent_mail.h"
#include "apps/common/app.h"
#include "apps/common/door.h"
#include "apps/common/group_routes.h"
#include "apps/common/member_rooms.h"
#include "apps/groups/rules.h"
#include "auth/rate_limit.h"

namespace belfry::groups {

struct Options {
  std::size_t messages_per_minute = 30;       ///< per user
  std::vector<std::string> attachment_types;  ///< MIME, `image/*`
  milliseconds email_window{900'000};         ///< between two mails about one group to one member
};

class Groups : public apps::App {
 public:
  /// `root`: on `/` too, beside `/groups`.
  Groups(const apps::Parts& parts, Options options, bool root);

  apps::AppEntry entry() override {
    return {std::string(kApp), mounts_, events_, [this](const auto& done) { door_.gather_stats(done); }};
  }
  /// Forgets who was online here when the server ended.
  Result<void> prepare() override;
  void start() override { mail_.start(); }

 private:
  void add_events();
  void add_routes(apps::Api& api);
  void send(const apps::Request& request, const std::string& group_id, const MessageInput& input);
  void post(const apps::Call& call);
  void tell_what_happens();
  void follow_nodes();
  void note_online(const std::string& user_id, bool online);
  // Nobody is online on that node any more: every other notes it, and the store tells it once.
  void end_node(const std::string& node);
  /// Counts a message of a user: `pass` runs at their home, or `refuse` does.
  void limit(const std::string& user_id, std::function<void()> pass,
             std::function<void(const Error&)> refuse);

  const apps::Parts parts_;
  const Options options_;
  const apps::Mounts mounts_;
  apps::Events events_;
  apps::MemberRooms rooms_;
  apps::Homes<auth::RateLimiter> messages_;  // of users at home
  apps::Door door_;
  apps::GroupRoutes group_routes_;
  apps::AbsentMail mail_;
};

}  // namespace belfry::groups
