#include "apps/household/chats.h"

#include <algorithm>
#include <set>
#include <utility>

#include "apps/common/group_records.h"
#include "core/ids.h"
#include "services/memberships/memberships.h"

namespace belfry::household {

namespace {

constexpr std::string_view kChats = "household_chats";
constexpr std::string_view kMemberRole = "member";
constexpr std::size_t kMembersMax = 1'000;
constexpr int kOwnMax = 10'000;

Result<std::optional<ChatRow>> find_row(Transaction& tx, const std::string& id) {
  return store::find<ChatRow>(tx, kChats, "id = $1", {id});
}

Result<Chat> with_members(Transaction& tx, ChatRow row) {
  const auto members = memberships::members(tx, kChatKind, row.id);
  if (!members) return std::unexpected(members.error());
  Chat chat{std::move(row), {}};
  for (const auto& member : *members) chat.member_ids.push_back(member.user_id);
  return chat;
}

/// Tells the members.
void tell_chat(Transaction& tx, const Chat& chat, std::string_view event, const Caller& caller) {
  notify(tx, chat.id, chat.family_id, chat.member_ids, event, caller.user_id,
         {{"chatId", chat.id}, {"chat", to_json(chat)}});
}

Result<void> check_name(const std::optional<std::string>& name) {
  return apps::check_optional_text("name", name, kNameMax);
}

Result<void> check_members(Transaction& tx, const std::optional<std::string>& family_id,
                           const std::vector<std::string>& ids) {
  if (ids.size() > kMembersMax) return fail_field("memberIds", "more than " + std::to_string(kMembersMax));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::string field = "memberIds." + std::to_string(i);
    auto good = apps::check_user_id(field, ids[i]);
    if (good && family_id) good = check_member(tx, *family_id, field, ids[i]);
    if (!good) return good;
  }
  return {};
}

/// Makes these the members, no more and no less.
Result<void> set_members(Transaction& tx, const std::string& chat_id, const std::set<std::string>& wanted) {
  const auto present = memberships::members(tx, kChatKind, chat_id);
  if (!present) return std::unexpected(present.error());
  for (const auto& member : *present) {
    if (wanted.contains(member.user_id)) continue;
    if (auto gone = memberships::remove(tx, kChatKind, chat_id, member.user_id); !gone)
      return std::unexpected(gone.error());
  }
  for (const std::string& id : wanted) {
    if (auto added = memberships::add(tx, kChatKind, chat_id, id, kMemberRole, wall_now_ms()); !added)
      return std::unexpected(added.error());
  }
  return {};
}

}  // namespace

Value to_json(const Chat& chat) {
  Value json = with_both_ids(store::to_json(static_cast<const ChatRow&>(chat)));
  json["memberIds"] = chat.member_ids;
  return json;
}

Result<Chat> add_chat(Transaction& tx, const Caller& caller, const ChatInput& input) {
  Result<void> good = check_name(input.name);
  if (good && input.family_id) {
    if (auto role = apps::role_in(tx, family_rules(), caller, *input.family_id); !role)
      return std::unexpected(role.error());
  }
  if (good) good = check_members(tx, input.family_id, input.member_ids);
  if (!good) return std::unexpected(good.error());
  const auto row = apps::keep(tx, kChats,
                              ChatRow{.id = make_uuid7(),
                                      .family_id = input.family_id,
                                      .name = input.name,
                                      .created_by = caller.user(),
                                      .created_at = {wall_now_ms()}});
  if (!row) return std::unexpected(row.error());
  std::set<std::string> wanted(input.member_ids.begin(), input.member_ids.end());
  if (!caller.is_server()) wanted.insert(caller.user_id);
  if (auto set = set_members(tx, row->id, wanted); !set) return std::unexpected(set.error());
  auto chat = with_members(tx, *row);
  if (chat) tell_chat(tx, *chat, "chat.created", caller);
  return chat;
}

Result<Chat> change_chat(Transaction& tx, const Caller& caller, const std::string& id,
                         const ChatChange& input) {
  if (auto good = check_name(input.name); !good) return std::unexpected(good.error());
  auto row = find_row(tx, id);
  if (!row) return std::unexpected(row.error());
  if (*row && !caller.is_admin()) {
    const auto role = memberships::role_of(tx, kChatKind, id, caller.user_id);
    if (!role) return std::unexpected(role.error());
    if (!*role) row->reset();
  }
  if (!*row) return fail(ErrorKind::not_found, "Chat not found");
  if (input.name) {
    (*row)->name = input.name;
    if (auto done = tx.run("UPDATE household_chats SET name = $2 WHERE id = $1", {id, input.name}); !done)
      return std::unexpected(done.error());
  }
  if (input.member_ids) {
    Result<void> good = check_members(tx, (*row)->family_id, *input.member_ids);
    if (good) good = set_members(tx, id, {input.member_ids->begin(), input.member_ids->end()});
    if (!good) return std::unexpected(good.error());
  }
  auto chat = with_members(tx, std::move(**row));
  if (chat) tell_chat(tx, *chat, "chat.updated", caller);
  return chat;
}

Result<std::vector<Chat>> list_chats(Transaction& tx, const Caller& caller, const apps::Page& page) {
  const auto ids = memberships::groups_of(tx, kChatKind, caller.user_id, page.before, page.wanted());
  if (!ids) return std::unexpected(ids.error());
  std::vector<Chat> chats;
  for (const std::string& id : *ids) {
    auto row = find_row(tx, id);
    if (!row) return std::unexpected(row.error());
    if (!*row) continue;
    auto chat = with_members(tx, std::move(**row));
    if (!chat) return std::unexpected(chat.error());
    chats.push_back(std::move(*chat));
  }
  return chats;
}

Result<void> leave_chats(Transaction& tx, const std::string& family_id, const std::string& user_id) {
  const auto ids = memberships::groups_of(tx, kChatKind, user_id, "", kOwnMax);
  if (!ids) return std::unexpected(ids.error());
  for (const std::string& id : *ids) {
    auto row = find_row(tx, id);
    if (!row) return std::unexpected(row.error());
    if (!*row || (*row)->family_id != family_id) continue;
    if (auto gone = memberships::remove(tx, kChatKind, id, user_id); !gone)
      return std::unexpected(gone.error());
    const auto chat = with_members(tx, std::move(**row));
    if (!chat) return std::unexpected(chat.error());
    tell_chat(tx, *chat, "chat.updated", Caller{.user_id = user_id, .role = {}});
  }
  return {};
}

Result<ChatRow> chat_of_member(Transaction& tx, const Caller& caller, const std::string& id) {
  const auto role = memberships::role_of(tx, kChatKind, id, caller.user_id);
  if (!role) return std::unexpected(role.error());
  if (!*role) return fail(ErrorKind::forbidden, kNotAMember);
  auto row = find_row(tx, id);
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(ErrorKind::forbidden, kNotAMember);
  return std::move(**row);
}

Result<conversations::NewMessage> read_saying(const Caller& caller, const SayInput& input) {
  Result<void> good = apps::check_text("text", input.text, kTextMax);
  if (good) good = apps::check_id(input.client_message_id, "clientMessageId");
  if (!good) return std::unexpected(good.error());
  return conversations::NewMessage{
      .sender_id = caller.user_id, .text = input.text, .client_message_id = input.client_message_id};
}

Result<conversations::Stored> say(Transaction& tx, const Caller& caller, const std::string& chat_id,
                                  const conversations::NewMessage& message) {
  const auto chat = chat_of_member(tx, caller, chat_id);
  if (!chat) return std::unexpected(chat.error());
  return apps::append_and_tell(tx, chat_id, message, [&](const conversations::Message& stored) {
    apps::tell<MessageSaid>(tx, [&](MessageSaid& event) {
      event.chat = *chat;
      event.message = stored;
    });
  });
}

Result<std::size_t> mark_seen(Transaction& tx, const Caller& caller, const std::string& chat_id,
                              const conversations::ReadMark& mark) {
  const auto chat = chat_of_member(tx, caller, chat_id);
  if (!chat) return std::unexpected(chat.error());
  const auto news = conversations::mark_read(tx, chat_id, caller.user_id, mark, wall_now_ms());
  if (!news) return std::unexpected(news.error());
  if (!news->empty()) {
    apps::tell<MessagesSeen>(tx, [&](MessagesSeen& event) {
      event.chat = *chat;
      event.user_id = caller.user_id;
      event.message_ids = *news;
    });
  }
  return news->size();
}

Result<apps::MessagePage> read_chat(Transaction& tx, const Caller& caller, const std::string& chat_id,
                                    const conversations::HistoryQuery& query) {
  if (auto chat = chat_of_member(tx, caller, chat_id); !chat) return std::unexpected(chat.error());
  return apps::read_page(tx, chat_id, query);
}

Value message_json(const conversations::Message& message) {
  return {{"id", message.id},
          {"_id", message.id},
          {"seq", message.seq},
          {"chatId", message.conversation_id},
          {"text", message.text},
          {"senderId", message.sender_id},
          {"timestamp", iso_time(message.created_at)}};
}

}  // namespace belfry::household
