// Chats: of a family, or of whoever they name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/common/api.h"
#include "apps/common/messages.h"
#include "apps/household/family.h"

namespace belfry::household {

/// In memberships.
inline constexpr std::string_view kChatKind = "household.chat";
inline constexpr const char* kNotAMember = "Not a chat member";

struct ChatInput {
  std::optional<std::string> family_id;  ///< whose members alone may be in it
  std::optional<std::string> name;
  std::vector<std::string> member_ids;  ///< beside whoever makes it
};
constexpr auto describe(Type<ChatInput>) {
  return fields(field("familyId", &ChatInput::family_id), field("name", &ChatInput::name),
                field("memberIds", &ChatInput::member_ids));
}

struct ChatChange {
  std::optional<std::string> name;
  std::optional<std::vector<std::string>> member_ids;  ///< all of them, from now on
};
constexpr auto describe(Type<ChatChange>) {
  return fields(field("name", &ChatChange::name), field("memberIds", &ChatChange::member_ids));
}

struct SayInput {
  std::string chat_id;
  std::string text;
  std::optional<std::string> client_message_id;
};
constexpr auto describe(Type<SayInput>) {
  return fields(field("chatId", &SayInput::chat_id), field("text", &SayInput::text),
                field("clientMessageId", &SayInput::client_message_id));
}

// ---- what happened, told after the commit ----

struct MessageSaid : Event {
  ChatRow chat;
  conversations::Message message;
};
constexpr auto describe(Type<MessageSaid>) {
  return fields(field("chat", &MessageSaid::chat), field("message", &MessageSaid::message));
}
struct MessagesSeen : Event {
  ChatRow chat;
  std::string user_id;
  std::vector<std::string> message_ids;
};
constexpr auto describe(Type<MessagesSeen>) {
  return fields(field("chat", &MessagesSeen::chat), field("userId", &MessagesSeen::user_id),
                field("messageIds", &MessagesSeen::message_ids));
}

/// These run inside a unit of work and fail as those of tasks do.

Result<Chat> add_chat(Transaction& tx, const Caller& caller, const ChatInput& input);
/// By its members.
Result<Chat> change_chat(Transaction& tx, const Caller& caller, const std::string& id,
                         const ChatChange& input);
/// The caller's own, newest first.
Result<std::vector<Chat>> list_chats(Transaction& tx, const Caller& caller, const apps::Page& page);
/// Takes one who has left a family out of its chats.
Result<void> leave_chats(Transaction& tx, const std::string& family_id, const std::string& user_id);

/// The chat, to its members; `forbidden` (`Not a chat member`) to others, and where there is none.
Result<ChatRow> chat_of_member(Transaction& tx, const Caller& caller, const std::string& id);

/// What somebody wants to say. Fails with `invalid`.
Result<conversations::NewMessage> read_saying(const Caller& caller, const SayInput& input);
Result<conversations::Stored> say(Transaction& tx, const Caller& caller, const std::string& chat_id,
                                  const conversations::NewMessage& message);
/// How many were news.
Result<std::size_t> mark_seen(Transaction& tx, const Caller& caller, const std::string& chat_id,
                              const conversations::ReadMark& mark);
Result<apps::MessagePage> read_chat(Transaction& tx, const Caller& caller, const std::string& chat_id,
                                    const conversations::HistoryQuery& query);

Value message_json(const conversations::Message& message);

}  // namespace belfry::household
