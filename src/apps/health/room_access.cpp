#include "apps/health/room_access.h"

#include <algorithm>
#include <array>

namespace belfry::health {

namespace {

using store::Transaction;

constexpr std::array<std::pair<std::string_view, RoomType>, 5> kTypes = {
    {{"chat", RoomType::chat},
     {"call", RoomType::call},
     {"visit", RoomType::visit},
     {"notifications", RoomType::notifications},
     {"topic", RoomType::topic}}};

// User ids may hold spaces; names of topics, which nobody but us makes up, may not.
bool is_text_of_id(std::string_view text, RoomType type) {
  const unsigned char first = type == RoomType::topic ? 0x21 : 0x20;
  return !text.empty() &&
         std::ranges::none_of(text, [first](unsigned char c) { return c < first || c == 0x7f; });
}

Result<void> only_if(bool allowed) {
  if (!allowed) return fail(ErrorKind::forbidden, "Access denied to this room");
  return {};
}

Result<void> check_visit(Transaction& tx, const Caller& caller, const std::string& id,
                         const std::optional<std::string>& said) {
  const auto visit = find_visit(tx, id);
  if (!visit) return std::unexpected(visit.error());
  return only_if(*visit && (!said || *said == id) && (caller.is_admin() || (*visit)->has(caller.user_id)));
}

Result<bool> relates(Transaction& tx, const std::pair<std::string, std::string>& users,
                     const std::optional<std::string>& visit_id) {
  if (!visit_id) return related(tx, users.first, users.second);
  const auto visit = find_visit(tx, *visit_id);
  if (!visit) return std::unexpected(visit.error());
  return *visit && (*visit)->has(users.first) && (*visit)->has(users.second);
}

Result<void> check_chat(Transaction& tx, const Caller& caller, const RoomId& room,
                        const std::optional<std::string>& visit_id) {
  if (caller.is_admin() && !visit_id) return {};
  for (const auto& users : room.pairs()) {
    if (!caller.is_admin() && users.first != caller.user_id && users.second != caller.user_id) continue;
    const auto good = relates(tx, users, visit_id);
    if (!good) return std::unexpected(good.error());
    if (*good) return {};
  }
  return only_if(false);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> RoomId::pairs() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (auto colon = subject.find(':'); colon != std::string::npos; colon = subject.find(':', colon + 1)) {
    std::string first = subject.substr(0, colon);
    std::string second = subject.substr(colon + 1);
    if (!first.empty() && first < second) all.emplace_back(std::move(first), std::move(second));
  }
  return all;
}

Result<RoomId> parse_room_id(std::string_view text, std::string_view type) {
  const auto not_found = [] { return fail(ErrorKind::not_found, "Room not found"); };
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || text.size() > kRoomIdMaxBytes) return not_found();
  const auto known =
      std::ranges::find(kTypes, text.substr(0, colon), [](const auto& entry) { return entry.first; });
  if (known == kTypes.end() || known->first != type || !is_text_of_id(text.substr(colon + 1), known->second))
    return not_found();
  RoomId room{
      .type = known->second, .text = std::string(text), .subject = std::string(text.substr(colon + 1))};
  if (room.type == RoomType::chat && room.pairs().empty()) return not_found();
  return room;
}

Result<void> check_room(Transaction& tx, const Caller& caller, const RoomId& room,
                        const std::optional<std::string>& visit_id, const TopicRules& topics) {
  switch (room.type) {
    case RoomType::chat:
      return check_chat(tx, caller, room, visit_id);
    case RoomType::call:
    case RoomType::visit:
      return check_visit(tx, caller, room.subject, visit_id);
    case RoomType::notifications:
      return only_if(caller.is_admin() || room.subject == caller.user_id);
    case RoomType::topic:
      return only_if(topics.allows(caller, room.subject));
  }
  return only_if(false);
}

}  // namespace belfry::health
