#include "apps/common/member_rooms.h"

#include <utility>

#include "apps/common/requests.h"
#include "apps/common/session.h"

namespace belfry::apps {

namespace {

using memberships::MemberAdded;
using memberships::MemberRemoved;
using store::Transaction;

// All of a user's groups are asked for at once.
constexpr int kGroupsMax = 10'000;

/// A socket may enter rooms: told like all that happens to their groups, so that it keeps its place between
/// the commits before and after.
struct RoomsEntered : Event {
  const MemberRooms* of;
  Socket socket;
  std::vector<std::string> rooms;

  RoomsEntered(const MemberRooms* app, Socket one, std::vector<std::string> all)
      : of(app), socket(std::move(one)), rooms(std::move(all)) {}
};

}  // namespace

MemberRooms::MemberRooms(const Parts& parts, const Mounts& mounts, MemberRoomRules rules)
    : parts_(parts),
      mounts_(mounts),
      rules_(std::move(rules)),
      shards_(parts.server, [] { return std::make_unique<Shard>(); }) {
  parts_.bus.subscribe<RoomsEntered>([this](const auto& event) {
    if (event->of != this) return;
    for (const std::string& room : event->rooms) event->socket.join(room);
  });
  parts_.bus.subscribe<MemberAdded>([this](const auto& event) {
    if (event->kind != rules_.kind) return;
    shards_.run(event->group_id, [this, event](Shard&) {
      const std::string user = user_room_name(event->member.user_id);
      for (const Namespace& nsp : mounts_.all()) {
        if (rules_.all_by_itself) nsp.to(user).sockets_join({room_of(event->group_id)});
      }
      added_(*event);
    });
  });
  parts_.bus.subscribe<MemberRemoved>([this](const auto& event) {
    if (event->kind != rules_.kind) return;
    shards_.run(event->group_id, [this, event](Shard&) {
      const std::string user = user_room_name(event->user_id);
      for (const Namespace& nsp : mounts_.all()) nsp.to(user).sockets_leave({room_of(event->group_id)});
      removed_(*event);
    });
  });
}

void MemberRooms::welcome(const Socket& socket, const std::string& user_id, std::function<void()> done) {
  const auto all = [kind = rules_.kind, user_id](Transaction& tx) {
    return memberships::groups_of(tx, kind, user_id, "", kGroupsMax);
  };
  const auto begun = shards_.local().lanes.put(
      socket.id(), [this, socket, all, done = std::move(done)](const Lanes::Done& next) {
        enter(socket, all, [this, socket, done, next](const Result<void>& entered) {
          if (!entered) {
            // Half a member is worse than none: it comes again.
            parts_.log.error("store", "rooms not joined", {{"error", entered.error().text()}});
            socket.disconnect();
          } else if (done) {
            done();
          }
          next();
        });
      });
  static_cast<void>(begun);  // the first of its lane
}

void MemberRooms::join(const Request& request, const std::string& group_id) {
  const std::string user = caller_of(request.socket).user_id;
  const auto one = [kind = rules_.kind, group_id, user,
                    not_a_member = rules_.not_a_member](Transaction& tx) -> Result<Groups> {
    const auto role = memberships::role_of(tx, kind, group_id, user);
    if (!role) return std::unexpected(role.error());
    if (!*role) return fail(ErrorKind::forbidden, not_a_member);
    return Groups{group_id};
  };
  in_lane(request, [this, request, one](const Lanes::Done& next) {
    enter(request.socket, one, [request, next](const Result<void>& entered) {
      entered ? request.succeed() : request.refuse(entered.error());
      next();
    });
  });
}

void MemberRooms::leave(const Request& request, const std::string& group_id) {
  in_lane(request, [request, room = room_of(group_id)](const Lanes::Done& next) {
    request.socket.leave(room);
    request.succeed();
    next();
  });
}

void MemberRooms::in_lane(const Request& request, Lanes::Work work) {
  apps::in_lane(shards_.local().lanes, request, std::move(work));
}

void MemberRooms::drop(const Socket& socket) {
  shards_.local().lanes.close(socket.id(), [](const Lanes::Done& done) { done(); });
}

// A write, though it writes nothing: it has its place among the commits.
void MemberRooms::enter(const Socket& socket, FindGroups find, std::function<void(Result<void>)> done) {
  const auto work = [this, socket, find = std::move(find)](Transaction& tx) -> Result<void> {
    const auto groups = find(tx);
    if (!groups) return std::unexpected(groups.error());
    std::vector<std::string> rooms;
    for (const std::string& id : *groups) rooms.push_back(room_of(id));
    if (!rooms.empty()) tx.tell(std::make_shared<RoomsEntered>(this, socket, std::move(rooms)));
    return {};
  };
  parts_.store.write(post_here(), "rooms:" + socket.id(), work, std::move(done));
}

}  // namespace belfry::apps
