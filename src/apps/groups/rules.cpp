#include "apps/groups/rules.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "apps/common/group_records.h"
#include "apps/groups/ids.h"
#include "services/accounts/accounts.h"
#include "services/mail/absences.h"
#include "services/mail/mail.h"
#include "services/memberships/groups.h"
#include "services/presence/online.h"

namespace belfry::groups {

namespace {

constexpr std::size_t kTextMax = 4'000;
constexpr std::size_t kAttachmentsMax = 10;
constexpr std::size_t kUrlMax = 2'000;
constexpr int kFellowsMax = 100'000;
constexpr std::size_t kTypeMax = 255;

Value dress(Value json) {
  for (const char* name : {"userId", "createdBy"}) {
    const auto id = json.find(name);
    if (id != json.end() && id->is_string()) *id = id_json(id->get<std::string>());
  }
  return json;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// `type/subtype`, with or without parameters (RFC 6838), in one line of ASCII.
bool is_mime_type(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(';'));
  const auto slash = name.find('/');
  const bool printable = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
  const bool token = name.find_first_of(" \"(),:<=>?@[\\]*") == std::string_view::npos;
  return printable && token && text.size() <= kTypeMax && slash != std::string_view::npos && slash > 0 &&
         slash + 1 < name.size() && name.find('/', slash + 1) == std::string_view::npos;
}

/// `image/*` is for all images. Parameters do not count.
bool is_of_type(std::string_view type, std::string_view pattern) {
  const std::string given = lower(type.substr(0, type.find(';')));
  const std::string wanted = lower(pattern);
  if (!wanted.ends_with("/*")) return given == wanted;
  return given.starts_with(wanted.substr(0, wanted.size() - 1)) && given.size() >= wanted.size();
}

Result<void> check_attachments(const std::vector<Attachment>& attachments,
                               const std::vector<std::string>& types) {
  if (attachments.size() > kAttachmentsMax) {
    return fail_field("attachments", "more than " + std::to_string(kAttachmentsMax));
  }
  for (std::size_t i = 0; i < attachments.size(); ++i) {
    const std::string field = "attachments." + std::to_string(i);
    const Attachment& one = attachments[i];
    if (auto good = apps::check_text(field + ".url", one.url, kUrlMax); !good) return good;
    const auto allowed = [&](const std::string& pattern) { return is_of_type(one.type, pattern); };
    if (!is_mime_type(one.type)) return fail_field(field + ".type", "must be a MIME type");
    if (std::ranges::none_of(types, allowed)) return fail_field(field + ".type", "is not allowed");
  }
  return {};
}

Result<void> check_member(Transaction& tx, const Caller& caller, const std::string& group_id) {
  const auto role = memberships::role_of(tx, kKind, group_id, caller.user_id);
  if (!role) return std::unexpected(role.error());
  if (!*role) return fail(ErrorKind::forbidden, kNotAMember);
  return {};
}

}  // namespace

apps::GroupRules group_rules() {
  return {.kind = std::string(kKind),
          .path = "/v1/groups",
          .id_field = "groupId",
          .not_found = "Group not found",
          .roles = {"admin", "member"},
          .default_role = "member",
          .members_may_add = true,
          .dress = dress,
          .read_user = read_id,
          .on_removed = [](Transaction& tx, const std::string& group_id, const std::string& user_id) {
            return mail::withdraw(tx, kApp, group_id, user_id);
          }};
}

Result<conversations::NewMessage> read_message(const MessageInput& input, const Caller& caller,
                                               const std::vector<std::string>& types) {
  const auto attachments = input.attachments.value_or(std::vector<Attachment>());
  Result<void> good = apps::check_is_user(caller);
  // A picture needs no words.
  if (good && !(input.text.empty() && !attachments.empty())) {
    good = apps::check_text("text", input.text, kTextMax);
  }
  if (good) good = check_attachments(attachments, types);
  if (!good) return std::unexpected(good.error());
  conversations::NewMessage message{.sender_id = caller.user_id, .text = input.text};
  for (const auto& [url, type] : attachments) message.attachments.push_back({{"url", url}, {"type", type}});
  return message;
}

Result<conversations::Stored> say(Transaction& tx, const Caller& caller, const std::string& group_id,
                                  const conversations::NewMessage& message, const apps::AbsentMail& mail) {
  if (auto member = check_member(tx, caller, group_id); !member) return std::unexpected(member.error());
  Result<void> expected;
  auto said = apps::append_and_tell(tx, group_id, message, [&](const conversations::Message& stored) {
    apps::tell<MessageSaid>(tx, [&](MessageSaid& event) { event.message = stored; });
    expected = mail.expect(tx, group_id, caller.user_id, {{"text", stored.text}});
  });
  if (!expected) return std::unexpected(expected.error());
  return said;
}

namespace {

Result<std::string> name_of_group(Transaction& tx, const std::string& group_id) {
  const auto group = memberships::find_group(tx, kKind, group_id);
  if (!group) return std::unexpected(group.error());
  return *group ? (*group)->name : "a group";
}

std::string messages(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " new message" : " new messages");
}

}  // namespace

Result<apps::MailText> mail_text(Transaction& tx, const mail::Notice& notice) {
  const auto group = name_of_group(tx, notice.group_id);
  if (!group) return std::unexpected(group.error());
  const auto sender = accounts::find(tx, notice.sender_id);
  if (!sender) return std::unexpected(sender.error());
  const std::string name = *sender ? (*sender)->name.value_or(notice.sender_id) : notice.sender_id;
  const std::string text = Value::parse(notice.input).value("text", "");
  return apps::MailText{
      .subject = name + " in " + *group,
      .text = name + " wrote in " + *group + ":\n\n" + (text.empty() ? "(an attachment)" : text)};
}

Result<apps::MailText> digest_text(Transaction& tx, const std::string& group_id, std::int64_t count) {
  const auto group = name_of_group(tx, group_id);
  if (!group) return std::unexpected(group.error());
  return apps::MailText{.subject = messages(count) + " in " + *group,
                        .text = "There are " + messages(count) + " in " + *group + " since the last mail."};
}

Result<Value> find_mute(Transaction& tx, const Caller& caller, const std::string& group_id) {
  if (auto role = apps::role_in(tx, group_rules(), caller, group_id); !role)
    return std::unexpected(role.error());
  const auto muted = mail::is_muted(tx, kApp, group_id, caller.user_id);
  if (!muted) return std::unexpected(muted.error());
  return Value{{"email", *muted}};
}

Result<Value> set_mute(Transaction& tx, const Caller& caller, const std::string& group_id,
                       const MuteInput& input) {
  if (auto user = apps::check_is_user(caller); !user) return std::unexpected(user.error());
  if (auto role = apps::role_in(tx, group_rules(), caller, group_id); !role)
    return std::unexpected(role.error());
  Result<void> set = mail::set_muted(tx, kApp, group_id, caller.user_id, input.email);
  if (set && input.email) set = mail::withdraw(tx, kApp, group_id, caller.user_id);
  if (!set) return std::unexpected(set.error());
  return Value{{"email", input.email}};
}

Result<void> mark_seen(Transaction& tx, const Caller& caller, const std::string& group_id,
                       const std::string& message_id) {
  if (auto member = check_member(tx, caller, group_id); !member) return std::unexpected(member.error());
  const conversations::ReadMark mark{.message_ids = {message_id}};
  const auto news = conversations::mark_read(tx, group_id, caller.user_id, mark, wall_now_ms());
  if (!news) return std::unexpected(news.error());
  if (!news->empty()) {
    apps::tell<MessageSeen>(tx, [&](MessageSeen& event) {
      event.group_id = group_id;
      event.message_id = message_id;
      event.user_id = caller.user_id;
    });
  }
  return {};
}

Result<apps::MessagePage> read_messages(Transaction& tx, const Caller& caller, const std::string& group_id,
                                        const conversations::HistoryQuery& query) {
  if (auto role = apps::role_in(tx, group_rules(), caller, group_id); !role)
    return std::unexpected(role.error());
  return apps::read_page(tx, group_id, query);
}

Result<Value> list_online(Transaction& tx, const Caller& caller, const std::string& group_id) {
  if (auto role = apps::role_in(tx, group_rules(), caller, group_id); !role)
    return std::unexpected(role.error());
  const auto members = memberships::members(tx, kKind, group_id);
  if (!members) return std::unexpected(members.error());
  std::vector<std::string> ids;
  for (const auto& member : *members) ids.push_back(member.user_id);
  const auto online = presence::online_of(tx, kApp, ids);
  if (!online) return std::unexpected(online.error());
  return Value{{"items", ids_json(*online)}, {"nextCursor", nullptr}};
}

Result<void> change_online(Transaction& tx, const std::string& user_id, const std::string& node,
                           bool online) {
  const auto news = presence::set_online(tx, kApp, user_id, node, online);
  if (!news) return std::unexpected(news.error());
  if (!*news) return {};
  auto fellows = memberships::fellows(tx, kKind, user_id, kFellowsMax);
  if (!fellows) return std::unexpected(fellows.error());
  fellows->erase(user_id);
  apps::tell<OnlineChanged>(tx, [&](OnlineChanged& event) {
    event.user_id = user_id;
    event.online = online;
    event.fellows.assign(fellows->begin(), fellows->end());
  });
  return {};
}

Value message_json(const conversations::Message& message, const std::vector<std::string>& readers) {
  std::vector<std::string> read_by{message.sender_id};
  read_by.insert(read_by.end(), readers.begin(), readers.end());
  return {{"id", message.id},
          {"seq", message.seq},
          {"senderId", id_json(message.sender_id)},
          {"groupId", message.conversation_id},
          {"text", message.text},
          {"attachments", message.attachments},
          {"timestamp", iso_time(message.created_at)},
          {"readBy", ids_json(read_by)}};
}

}  // namespace belfry::groups
