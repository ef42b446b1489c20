// Groups and what is said in them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/common/absent_mail.h"
#include "apps/common/api.h"
#include "apps/common/group_routes.h"
#include "apps/common/messages.h"
#include "core/event.h"

namespace belfry::groups {

using apps::Caller;
using store::Transaction;

inline constexpr std::string_view kApp = "groups";
/// In memberships.
inline constexpr std::string_view kKind = "groups.group";
inline constexpr const char* kNotAMember = "Not a group member";

apps::GroupRules group_rules();

struct Attachment {
  std::string url;
  std::string type;  ///< MIME
};
constexpr auto describe(Type<Attachment>) {
  return fields(field("url", &Attachment::url), field("type", &Attachment::type));
}

struct MessageInput {
  std::string text;
  std::optional<std::vector<Attachment>> attachments;
};
constexpr auto describe(Type<MessageInput>) {
  return fields(field("text", &MessageInput::text), field("attachments", &MessageInput::attachments));
}

/// What somebody wants to say; `types`: what attachments may be (`image/*`). Fails with `invalid`.
Result<conversations::NewMessage> read_message(const MessageInput& input, const Caller& caller,
                                               const std::vector<std::string>& types);

// ---- what happened, told after the commit ----

struct MessageSaid : Event {
  conversations::Message message;
};
constexpr auto describe(Type<MessageSaid>) {
  return fields(field("message", &MessageSaid::message));
}
struct MessageSeen : Event {
  std::string group_id;
  std::string message_id;
  std::string user_id;
};
constexpr auto describe(Type<MessageSeen>) {
  return fields(field("groupId", &MessageSeen::group_id), field("messageId", &MessageSeen::message_id),
                field("userId", &MessageSeen::user_id));
}
struct OnlineChanged : Event {
  std::string user_id;
  bool online = false;
  std::vector<std::string> fellows;  ///< the other members of their groups
};
constexpr auto describe(Type<OnlineChanged>) {
  return fields(field("userId", &OnlineChanged::user_id), field("online", &OnlineChanged::online),
                field("fellows", &OnlineChanged::fellows));
}

/// These run inside a unit of work and fail as its statements do; `forbidden` (`Not a group member`) for
/// those who do not belong to the group, or where there is none.

/// Members who are not there get a mail.
Result<conversations::Stored> say(Transaction& tx, const Caller& caller, const std::string& group_id,
                                  const conversations::NewMessage& message, const apps::AbsentMail& mail);
/// The caller has read a message; told once. `not_found` where it is none of the group's.
Result<void> mark_seen(Transaction& tx, const Caller& caller, const std::string& group_id,
                       const std::string& message_id);
/// For REST: others are told that there is no such group.
Result<apps::MessagePage> read_messages(Transaction& tx, const Caller& caller, const std::string& group_id,
                                        const conversations::HistoryQuery& query);
/// The ids of its members who are online, likewise.
Result<Value> list_online(Transaction& tx, const Caller& caller, const std::string& group_id);
/// Keeps that a user has come, or has gone, and tells it unless it was known.
Result<void> change_online(Transaction& tx, const std::string& user_id, const std::string& node, bool online);

/// What an absent member is written: by whom, in which group, and what; or how much there was.
Result<apps::MailText> mail_text(Transaction& tx, const mail::Notice& notice);
Result<apps::MailText> digest_text(Transaction& tx, const std::string& group_id, std::int64_t count);

struct MuteInput {
  bool email = false;  ///< true: no mail about the group
};
constexpr auto describe(Type<MuteInput>) {
  return fields(field("email", &MuteInput::email));
}
/// For REST: what the caller wants, and changing it.
Result<Value> find_mute(Transaction& tx, const Caller& caller, const std::string& group_id);
Result<Value> set_mute(Transaction& tx, const Caller& caller, const std::string& group_id,
                       const MuteInput& input);

/// `readers`: beside the sender.
Value message_json(const conversations::Message& message, const std::vector<std::string>& readers = {});

}  // namespace belfry::groups
