#include "apps/household/household.h"

#include <tuple>
#include <utility>

#include "apps/common/requests.h"
#include "apps/household/family.h"
#include "apps/household/resource.h"

namespace belfry::household {

namespace {

using apps::Request;

struct ChatTarget {
  std::string chat_id;
};
constexpr auto describe(Type<ChatTarget>) {
  return fields(field("chatId", &ChatTarget::chat_id));
}

struct SeenInput : ChatTarget, apps::ReadPart {};
constexpr auto describe(Type<SeenInput>) {
  return std::tuple_cat(describe(Type<ChatTarget>{}), describe(Type<apps::ReadPart>{}));
}

struct HistoryInput : ChatTarget, apps::HistoryPart {};
constexpr auto describe(Type<HistoryInput>) {
  return std::tuple_cat(describe(Type<ChatTarget>{}), describe(Type<apps::HistoryPart>{}));
}

}  // namespace

Household::Household(const apps::Parts& parts, const Options& options, bool root)
    : parts_(parts),
      mounts_(apps::mounts_of(parts.server, "household", root)),
      events_(mounts_, parts.log),
      chats_(parts, mounts_,
             {.kind = std::string(kChatKind),
              .prefix = "chat:",
              .all_by_itself = false,
              .not_a_member = kNotAMember}),
      typing_(parts, mounts_, chats_, options.typing_expiry),
      door_(parts, mounts_, events_,
            {.app = "household", .refusal = [](const Error&) { return "Authentication failed"; }},
            {.welcome = [](const auto&, const auto&) {},
             .leave =
                 [this](const auto& socket, const auto&, auto) {
                   chats_.drop(socket);
                   typing_.drop(socket);
                 }}),
      family_routes_(parts.store, parts.api, family_rules()) {
  add_room_events();
  add_message_events();
  tell_what_happens();
  add_routes(parts.store, parts.api);
}

void Household::add_room_events() {
  events_.on<ChatTarget>("room:join", [this](const Request& request, const ChatTarget& input) {
    chats_.join(request, input.chat_id);
  });
  events_.on<ChatTarget>("room:leave", [this](const Request& request, const ChatTarget& input) {
    chats_.leave(request, input.chat_id,
                 [this, request, chat = input.chat_id] { typing_.leave(request.socket, chat); });
  });
  events_.on<ChatTarget>("typing:start", [this](const Request& request, const ChatTarget& input) {
    typing_.start(request, input.chat_id);
  });
  events_.on<ChatTarget>("typing:stop", [this](const Request& request, const ChatTarget& input) {
    typing_.stop(request, input.chat_id);
  });
}

void Household::add_message_events() {
  events_.on<SayInput>("message:send", [this](const Request& request, const SayInput& input) {
    const Caller caller = apps::caller_of(request.socket);
    const auto message = read_saying(caller, input);
    if (!message) return request.refuse(message.error());
    apps::write(
        parts_.store, request, input.chat_id,
        [caller, chat = input.chat_id, message = *message](Transaction& tx) {
          return say(tx, caller, chat, message);
        },
        [](const conversations::Stored& stored) { return Value{{"message", message_json(stored.message)}}; });
  });
  events_.on<SeenInput>("message:read", [this](const Request& request, const SeenInput& input) {
    const auto mark = apps::read_mark(input);
    if (!mark) return request.refuse(mark.error());
    apps::write(
        parts_.store, request, input.chat_id,
        [caller = apps::caller_of(request.socket), chat = input.chat_id, mark = *mark](Transaction& tx) {
          return mark_seen(tx, caller, chat, mark);
        },
        [](std::size_t count) { return Value{{"markedCount", count}}; });
  });
  events_.on<HistoryInput>("message:history", [this](const Request& request, const HistoryInput& input) {
    const auto query = apps::read_history(input);
    if (!query) return request.refuse(query.error());
    apps::read(
        parts_.store, request,
        [caller = apps::caller_of(request.socket), chat = input.chat_id, query = *query](Transaction& tx) {
          return read_chat(tx, caller, chat, query);
        },
        [](const apps::MessagePage& page) {
          return apps::history_json(page.history, [&page](const auto& message) {
            return page.with_receipts(message, message_json(message));
          });
        });
  });
}

void Household::tell_what_happens() {
  chats_.on<Notice>([](const Notice& notice) { return notice.home; },
                    [this](const Notice& notice) {
                      mounts_.tell(apps::rooms_of_users(notice.user_ids), {}, notice.event, notice.payload);
                    });
  chats_.on<MessageSaid>([](const MessageSaid& said) { return said.chat.id; },
                         [this](const MessageSaid& said) { tell(said); });
  chats_.on<MessagesSeen>([](const MessagesSeen& seen) { return seen.chat.id; },
                          [this](const MessagesSeen& seen) { tell(seen); });
  chats_.on_removed(
      [this](const memberships::MemberRemoved& event) { typing_.remove(event.group_id, event.user_id); });
}

void Household::tell(const MessageSaid& said) const {
  mounts_.tell({chats_.room_of(said.chat.id)}, {}, "message.new",
               {{"chatId", said.chat.id},
                {"familyId", apps::json_or_null(said.chat.family_id)},
                {"userId", said.message.sender_id},
                {"message", message_json(said.message)}});
}

void Household::tell(const MessagesSeen& seen) const {
  apps::in_parts(seen.message_ids, [&](const std::vector<std::string>& ids) {
    mounts_.tell({chats_.room_of(seen.chat.id)}, {user_room_name(seen.user_id)}, "message.read",
                 {{"chatId", seen.chat.id},
                  {"familyId", apps::json_or_null(seen.chat.family_id)},
                  {"userId", seen.user_id},
                  {"messageIds", ids}});
  });
}

}  // namespace belfry::household
