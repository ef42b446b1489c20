#include "apps/groups/groups.h"

#include <chrono>
#include <memory>
#include <set>
#include <tuple>
#include <utility>

#include "apps/common/record_routes.h"
#include "apps/common/requests.h"
#include "apps/groups/ids.h"
#include "services/presence/online.h"
#include "store/wait.h"

namespace belfry::groups {

namespace {

using apps::Call;
using apps::Request;

struct GroupTarget {
  std::string group_id;
};
constexpr auto describe(Type<GroupTarget>) {
  return fields(field("groupId", &GroupTarget::group_id));
}

struct SendInput : GroupTarget, MessageInput {};
constexpr auto describe(Type<SendInput>) {
  return std::tuple_cat(describe(Type<GroupTarget>{}), describe(Type<MessageInput>{}));
}

struct SeenInput : GroupTarget {
  std::string message_id;
};
constexpr auto describe(Type<SeenInput>) {
  return std::tuple_cat(describe(Type<GroupTarget>{}), fields(field("messageId", &SeenInput::message_id)));
}

constexpr std::chrono::seconds kStorePause{1};

/// What a sender is told where the fault is ours.
Error for_sender(const Error& error, Log& log) {
  if (error.kind != ErrorKind::internal && error.kind != ErrorKind::unavailable) return error;
  log.error("groups", "message not stored", {{"error", error.text()}});
  return {ErrorKind::unavailable, "Failed to send message"};
}

}  // namespace

Groups::Groups(const apps::Parts& parts, Options options, bool root)
    : parts_(parts),
      options_(std::move(options)),
      mounts_(apps::mounts_of(parts.server, std::string(kApp), root)),
      events_(mounts_, parts.log, apps::ErrorStyle::always_event),
      rooms_(parts, mounts_,
             {.kind = std::string(kKind),
              .prefix = "",
              .all_by_itself = true,
              .not_a_member = kNotAMember,
              .members_leave = true}),
      messages_(
          parts.server,
          [this] { return parts_.limiters("groups.messages", {.max_times = options_.messages_per_minute}); }),
      door_(parts, mounts_, events_,
            {.app = std::string(kApp),
             .strangers = apps::DoorRules::Strangers::disconnected,
             // The rooms of groups are named by their ids alone.
             .room_type = [](std::string_view room) { return room.find(':') == room.npos ? "group" : ""; }},
            {.welcome = [this](const auto& socket,
                               const auto& caller) { rooms_.welcome(socket, caller.user_id); },
             .leave = [this](const auto& socket, const auto&, auto) { rooms_.drop(socket); },
             .turn_away =
                 [](const Socket& socket) {
                   socket.emit("error", Value{{"message", "User not authenticated"}});
                 },
             .online = [this](const auto& user, bool online) { note_online(user, online); }}),
      group_routes_(parts.store, parts.api, group_rules()),
      mail_(parts, {.app = std::string(kApp),
                    .kind = std::string(kKind),
                    .text = mail_text,
                    .window = options_.email_window,
                    .digest = digest_text}) {
  add_events();
  add_routes(parts.api);
  tell_what_happens();
  follow_nodes();
}

Result<void> Groups::prepare() {
  const auto work = [node = parts_.facts.node()](Transaction& tx) {
    return presence::clear_online(tx, kApp, node);
  };
  return store::start_write(parts_.store, work, "online").get();
}

void Groups::add_events() {
  events_.on<SendInput>("sendMessage", [this](const Request& request, const SendInput& input) {
    send(request, input.group_id, input);
  });
  events_.on<GroupTarget>("joinGroup", [this](const Request& request, const GroupTarget& input) {
    rooms_.join(request, input.group_id);
  });
  events_.on<GroupTarget>("leaveGroup", [this](const Request& request, const GroupTarget& input) {
    rooms_.leave(request, input.group_id);
  });
  events_.on<SeenInput>("markAsRead", [this](const Request& request, const SeenInput& input) {
    const auto work = [caller = apps::caller_of(request.socket), group = input.group_id,
                       message = input.message_id](Transaction& tx) {
      return mark_seen(tx, caller, group, message);
    };
    parts_.store.write(apps::post_here(), input.group_id, work, [request](const Result<void>& done) {
      done ? request.succeed() : request.refuse(done.error());
    });
  });
}

void Groups::limit(const std::string& user_id, std::function<void()> pass,
                   std::function<void(const Error&)> refuse) {
  messages_.run(
      user_id, [user_id, pass = std::move(pass), refuse = std::move(refuse)](auth::RateLimiter& home) {
        home.check(user_id, TimePoint::clock::now(),
                   [pass, refuse](const Result<void>& passed) { passed ? pass() : refuse(passed.error()); });
      });
}

void Groups::send(const Request& request, const std::string& group_id, const MessageInput& input) {
  const Caller caller = apps::caller_of(request.socket);
  const auto message = read_message(input, caller, options_.attachment_types);
  if (!message) return request.refuse(message.error());
  const auto work = [this, caller, group_id, message = *message](Transaction& tx) {
    return say(tx, caller, group_id, message, mail_);
  };
  const auto done = [this, request](const Result<conversations::Stored>& stored) {
    if (!stored) return request.refuse(for_sender(stored.error(), parts_.log));
    request.succeed({{"message", message_json(stored->message)}});
  };
  limit(
      caller.user_id,
      [this, group_id, work, done, post = apps::post_here()] {
        parts_.store.write(post, group_id, work, done);
      },
      [request](const Error& error) { request.refuse(error); });
}

void Groups::post(const Call& call) {
  const auto input = call.body<MessageInput>();
  if (!input) return call.refuse(input.error());
  const auto message = read_message(*input, call.caller(), options_.attachment_types);
  if (!message) return call.refuse(message.error());
  const std::string group = call.parameter("id");
  const auto work = [this, caller = call.caller(), group,
                     message = *message](Transaction& tx) -> Result<Value> {
    if (auto role = apps::role_in(tx, group_rules(), caller, group); !role)
      return std::unexpected(role.error());
    const auto stored = say(tx, caller, group, message, mail_);
    if (!stored) return std::unexpected(stored.error());
    return message_json(stored->message);
  };
  call.unless_repeated(parts_.store, [this, call, group, work] {
    limit(
        call.caller().user_id, [this, call, group, work] { call.write(parts_.store, group, work); },
        [call](const Error& error) { call.refuse(error); });
  });
}

void Groups::add_routes(apps::Api& api) {
  api.route("POST", "/v1/groups/{id}/messages", [this](const Call& call) { post(call); });
  api.route("GET", "/v1/groups/{id}/messages", [this](const Call& call) {
    const auto query = apps::read_history(call);
    if (!query) return call.refuse(query.error());
    call.read(parts_.store,
              [caller = call.caller(), group = call.parameter("id"),
               query = *query](Transaction& tx) -> Result<Value> {
                const auto page = read_messages(tx, caller, group, query);
                if (!page) return std::unexpected(page.error());
                return apps::history_page(page->history, [&page](const auto& message) {
                  return message_json(message, page->of(message).read_by);
                });
              });
  });
  const apps::RecordRoutes routes(parts_.store, api);
  routes.change_to("PUT", "/v1/groups/{id}/mute", set_mute);
  api.route("GET", "/v1/groups/{id}/mute", [this](const Call& call) {
    call.read(parts_.store, [caller = call.caller(), group = call.parameter("id")](Transaction& tx) {
      return find_mute(tx, caller, group);
    });
  });
  api.route("GET", "/v1/groups/{id}/online", [this](const Call& call) {
    call.read(parts_.store, [caller = call.caller(), group = call.parameter("id")](Transaction& tx) {
      return list_online(tx, caller, group);
    });
  });
}

// At the user's home, so that coming and going are kept in their order. Where the store does not take it,
// what holds then is told later.
void Groups::note_online(const std::string& user_id, bool online) {
  const auto work = [user_id, node = parts_.facts.node(), online](Transaction& tx) {
    return change_online(tx, user_id, node, online);
  };
  parts_.store.write(apps::post_here(), "online:" + user_id, work, [this, user_id](const Result<void>& done) {
    if (done) return;
    parts_.log.error("groups", "presence not stored yet", {{"error", done.error().text()}});
    parts_.server.after(kStorePause, [this, user_id] {
      parts_.devices.ask(user_id, std::string(kApp),
                         [this, user_id](bool online_now) { note_online(user_id, online_now); });
    });
  });
}

void Groups::follow_nodes() {
  parts_.facts.on_gone([this](const std::string& node) { end_node(node); });
  // Taken for gone, it has been ended by the others.
  parts_.facts.on_anew([this] {
    parts_.devices.for_each(std::string(kApp), [this](const std::string& user) { note_online(user, true); });
  });
  // Of those that ended while nobody was there to notice.
  parts_.facts.on_known([this](const std::set<std::string>& nodes) {
    const auto read = [](Transaction& tx) { return presence::nodes_online(tx, kApp); };
    parts_.store.read(apps::post_here(), read, [this, nodes](const Result<std::vector<std::string>>& found) {
      for (const std::string& node : found.value_or(std::vector<std::string>())) {
        if (!nodes.contains(node)) end_node(node);
      }
    });
  });
}

void Groups::end_node(const std::string& node) {
  const auto read = [node](Transaction& tx) { return presence::online_on(tx, kApp, node); };
  parts_.store.read(apps::post_here(), read, [this, node](const Result<std::vector<std::string>>& users) {
    if (!users) {
      parts_.log.error("groups", "presence not ended yet", {{"error", users.error().text()}});
      return parts_.server.after(kStorePause, [this, node] { end_node(node); });
    }
    for (const std::string& user : *users) {
      const auto work = [user, node](Transaction& tx) { return change_online(tx, user, node, false); };
      parts_.store.write(apps::post_here(), "online:" + user, work, [this](const Result<void>& done) {
        if (!done) parts_.log.error("groups", "presence not ended", {{"error", done.error().text()}});
      });
    }
  });
}

void Groups::tell_what_happens() {
  rooms_.on<MessageSaid>([](const MessageSaid& said) { return said.message.conversation_id; },
                         [this](const MessageSaid& said) {
                           mounts_.tell({rooms_.room_of(said.message.conversation_id)}, {}, "newMessage",
                                        message_json(said.message));
                           parts_.log.info("groups", "message stored",
                                           {{"message", said.message.id},
                                            {"group", said.message.conversation_id},
                                            {"seq", std::to_string(said.message.seq)},
                                            {"user", said.message.sender_id}});
                         });
  rooms_.on<MessageSeen>([](const MessageSeen& seen) { return seen.group_id; },
                         [this](const MessageSeen& seen) {
                           mounts_.tell({rooms_.room_of(seen.group_id)}, {}, "messageRead",
                                        {{"messageId", seen.message_id}, {"userId", id_json(seen.user_id)}});
                         });
  rooms_.on<OnlineChanged>([](const OnlineChanged& change) { return change.user_id; },
                           [this](const OnlineChanged& change) {
                             mounts_.tell(apps::rooms_of_users(change.fellows), {}, "userOnline",
                                          {{"userId", id_json(change.user_id)}, {"isOnline", change.online}});
                           });
}

}  // namespace belfry::groups
