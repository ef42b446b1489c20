// Rooms of groups (families, chats), kept in step with who belongs to them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/common/events.h"
#include "apps/common/lanes.h"
#include "apps/common/parts.h"
#include "core/event.h"
#include "services/memberships/memberships.h"

namespace belfry::apps {

struct MemberRoomRules {
  std::string kind;            ///< of the groups, as in memberships
  std::string prefix;          ///< a group's room is `<prefix><group id>`; none: see `members_leave`
  bool all_by_itself;          ///< a member's sockets are in the rooms of all their groups without asking
  const char* not_a_member;    ///< what one who does not belong is answered
  bool members_leave = false;  ///< only a member may leave: needed without a prefix, lest any room be named
};

/// Members' sockets join on request or by themselves; those of one who is removed leave at once. What happens
/// in a group is told from one shard, its home, in the order of commits, and so are joining and leaving:
/// nobody gets what was committed while they did not belong. Every node does it for its own sockets. Owned by
/// the app's gateway.
class MemberRooms {
 public:
  MemberRooms(const Parts& parts, const Mounts& mounts, MemberRoomRules rules);

  std::string room_of(std::string_view group_id) const { return rules_.prefix + std::string(group_id); }

  /// Joins the rooms of all the user's groups, for a socket that has come; then calls `done` there. On its
  /// shard.
  void welcome(const Socket& socket, const std::string& user_id, std::function<void()> done = {});
  /// Joins the room of one group, and answers.
  void join(const Request& request, const std::string& group_id);
  /// Leaves it, and answers; `also` is called just before.
  void leave(const Request& request, const std::string& group_id, std::function<void()> also = [] {});
  /// Does `work` when what the same socket asked of its rooms before is done. On its shard.
  void in_lane(const Request& request, Lanes::Work work);
  /// When the socket has gone. On its shard.
  void drop(const Socket& socket);

  /// Subscribes to something that happened in a group: `tell` runs at the home of `group_of(event)`, in the
  /// order of commits, after the sockets of whom it adds or removes have moved, on every node: it tells by
  /// `Mounts::tell`. Before the server listens.
  template <class E>
  void on(std::function<std::string(const E&)> group_of, std::function<void(const E&)> tell) {
    parts_.bus.subscribe<E>([this, group_of = std::move(group_of),
                             tell = std::move(tell)](const std::shared_ptr<const E>& event) {
      shards_.run(group_of(*event), [tell, event](Shard&) { tell(*event); });
    });
  }
  /// The same for this kind's members.
  void on_added(std::function<void(const memberships::MemberAdded&)> tell) { added_ = std::move(tell); }
  void on_removed(std::function<void(const memberships::MemberRemoved&)> tell) { removed_ = std::move(tell); }

 private:
  struct Shard {
    Lanes lanes;  // of this shard's sockets
  };
  using Groups = std::vector<std::string>;
  using FindGroups = std::function<Result<Groups>(store::Transaction&)>;

  // Finds the group, for a member of it.
  FindGroups membership(const std::string& group_id, const std::string& user_id) const;
  void enter(const Socket& socket, FindGroups find, std::function<void(Result<void>)> done);

  const Parts parts_;
  const Mounts& mounts_;
  const MemberRoomRules rules_;
  Homes<Shard> shards_;
  std::function<void(const memberships::MemberAdded&)> added_ = [](const auto&) {};
  std::function<void(const memberships::MemberRemoved&)> removed_ = [](const auto&) {};
};

}  // namespace belfry::apps
