#include "apps/common/member_rooms.h"

#include <memory>
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
struct RoomsEntered : LocalEvent {
  const MemberRooms* of;
  Socket socket;
  std::vector<std::string> groups;       // never none
  std::shared_ptr<std::size_t> missing;  // rooms; belongs to the socket's shard
  std::function<void(Result<void>)> done;

  RoomsEntered(const MemberRooms* app, Socket one, std::vector<std::string> all,
               std::function<void(Result<void>)> entered)
      : of(app),
        socket(std::move(one)),
        groups(std::move(all)),
        missing(std::make_shared<std::size_t>(groups.size())),
        done(std::move(entered)) {}
};

}  // namespace

MemberRooms::MemberRooms(const Parts& parts, const Mounts& mounts, MemberRoomRules rules)
    : parts_(parts),
      mounts_(mounts),
      rules_(std::move(rules)),
      shards_(parts.server, [] { return std::make_unique<Shard>(); }) {
  parts_.bus.subscribe<RoomsEntered>([this](const auto& event) {
    if (event->of != this) return;
    for (const std::string& id : event->groups) {
      shards_.run(id, [event, room = room_of(id)](Shard&) {
        event->socket.join(room);
        event->socket.post([event] {
          if (--*event->missing == 0) event->done({});
        });
      });
    }
  });
  parts_.bus.subscribe<MemberAdded>([this](const auto& event) {
    if (event->kind != rules_.kind) return;
    shards_.run(event->group_id, [this, event](Shard&) {
      const std::string user = user_room_name(event->member.user_id);
      for (const Namespace& nsp : mounts_.all()) {
        if (rules_.all_by_itself) nsp.to(user).local().sockets_join({room_of(event->group_id)});
      }
      added_(*event);
    });
  });
  parts_.bus.subscribe<MemberRemoved>([this](const auto& event) {
    if (event->kind != rules_.kind) return;
    shards_.run(event->group_id, [this, event](Shard&) {
      const std::string user = user_room_name(event->user_id);
      for (const Namespace& nsp : mounts_.all()) {
        nsp.to(user).local().sockets_leave({room_of(event->group_id)});
      }
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

MemberRooms::FindGroups MemberRooms::membership(const std::string& group_id,
                                                const std::string& user_id) const {
  return [this, group_id, user_id](Transaction& tx) -> Result<Groups> {
    const auto role = memberships::role_of(tx, rules_.kind, group_id, user_id);
    if (!role) return std::unexpected(role.error());
    if (!*role) return fail(ErrorKind::forbidden, rules_.not_a_member);
    return Groups{group_id};
  };
}

void MemberRooms::join(const Request& request, const std::string& group_id) {
  const auto one = membership(group_id, caller_of(request.socket).user_id);
  in_lane(request, [this, request, one](const Lanes::Done& next) {
    enter(request.socket, one, [request, next](const Result<void>& entered) {
      entered ? request.succeed() : request.refuse(entered.error());
      next();
    });
  });
}

void MemberRooms::leave(const Request& request, const std::string& group_id, std::function<void()> also) {
  in_lane(request, [this, request, group_id, also = std::move(also)](const Lanes::Done& next) {
    const auto left = [request, room = room_of(group_id), also, next](const Result<Groups>& member) {
      if (member) {
        also();
        request.socket.leave(room);
      }
      member ? request.succeed() : request.refuse(member.error());
      next();
    };
    if (!rules_.members_leave) return left(Groups{group_id});
    parts_.store.read(post_here(), membership(group_id, caller_of(request.socket).user_id), left);
  });
}

void MemberRooms::in_lane(const Request& request, Lanes::Work work) {
  apps::in_lane(shards_.local().lanes, request, std::move(work));
}

void MemberRooms::drop(const Socket& socket) {
  shards_.local().lanes.close(socket.id(), [](const Lanes::Done& done) { done(); });
}

// It has its place among the commits. `done` comes once the socket is in all rooms.
void MemberRooms::enter(const Socket& socket, FindGroups find, std::function<void(Result<void>)> done) {
  const auto work = [this, socket, find = std::move(find), done](Transaction& tx) -> Result<std::size_t> {
    auto groups = find(tx);
    if (!groups) return std::unexpected(groups.error());
    const std::size_t count = groups->size();
    if (count > 0) tx.tell(std::make_shared<RoomsEntered>(this, socket, std::move(*groups), done));
    return count;
  };
  const auto found = [done](const Result<std::size_t>& count) {
    if (!count) return done(std::unexpected(count.error()));
    if (*count == 0) done({});
  };
  parts_.store.read_in_order(post_here(), work, found);
}

}  // namespace belfry::apps
