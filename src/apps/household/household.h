// App `household`: chats, tasks, karma and rewards of families.
#pragma once

#include "apps/common/app.h"
#include "apps/common/door.h"
#include "apps/common/group_routes.h"
#include "apps/common/member_rooms.h"
#include "apps/household/chats.h"
#include "apps/household/typing.h"

namespace belfry::household {

struct Options {
  milliseconds typing_expiry{5'000};
};

class Household : public apps::App {
 public:
  /// `root`: on `/` too, beside `/household`.
  Household(const apps::Parts& parts, const Options& options, bool root);

  apps::AppEntry entry() override {
    return {"household", mounts_, events_, [this](const auto& done) { door_.gather_stats(done); }};
  }

 private:
  void add_room_events();
  void add_message_events();
  void tell_what_happens();
  void tell(const MessageSaid& said) const;
  void tell(const MessagesSeen& seen) const;

  const apps::Parts parts_;
  const apps::Mounts mounts_;
  apps::Events events_;
  apps::MemberRooms chats_;
  ChatTyping typing_;
  apps::Door door_;
  apps::GroupRoutes family_routes_;
};

}  // namespace belfry::household
