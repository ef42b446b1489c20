#include "services/rooms/rooms.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace belfry::rooms {

Result<Joined> Rooms::join(const std::string& room_id, Joining who, WallMs now) {
  if (auto good = check_bounds(room_id, who); !good) return std::unexpected(good.error());
  Room& room = rooms_[room_id];
  Present& present = present_of(room, who.user_id, now);
  const bool first = present.gone();
  if (room.user_of_socket.try_emplace(who.socket_id, who.user_id).second) {
    ++present.devices;
    rooms_of_socket_[who.socket_id].insert(room_id);
  }
  present.participant.role = std::move(who.role);
  present.participant.metadata = std::move(who.metadata);
  return Joined{first, participants(room_id)};
}

Rooms::Present& Rooms::present_of(Room& room, const std::string& user_id, WallMs joined_at) {
  Present& present = room.users[user_id];
  if (present.gone()) {
    present.order = ++joins_;
    present.participant.user_id = user_id;
    present.participant.joined_at = joined_at;
  }
  return present;
}

bool Rooms::join_elsewhere(const std::string& room_id, const std::string& node, Participant who) {
  Present& present = present_of(rooms_[room_id], who.user_id, who.joined_at);
  const bool first = present.gone();
  present.nodes.insert(node);
  who.joined_at = std::min(who.joined_at, present.participant.joined_at);
  present.participant = std::move(who);
  return first;
}

std::optional<Left> Rooms::leave_elsewhere(const std::string& room_id, const std::string& node,
                                           const std::string& user_id) {
  const auto room = rooms_.find(room_id);
  if (room == rooms_.end()) return std::nullopt;
  const auto present = room->second.users.find(user_id);
  if (present == room->second.users.end() || present->second.nodes.erase(node) == 0) return std::nullopt;
  Left left{.room = room_id, .user_id = user_id};
  left.stopped_typing = typing_.stop_elsewhere(room_id, user_id, node);
  left.last_device = forget_if_gone(room_id, user_id);
  return left;
}

bool Rooms::forget_if_gone(const std::string& room_id, const std::string& user_id) {
  const auto room = rooms_.find(room_id);
  const auto present = room->second.users.find(user_id);
  if (!present->second.gone()) return false;
  room->second.users.erase(present);
  if (room->second.users.empty()) rooms_.erase(room);
  return true;
}

Result<void> Rooms::check_bounds(const std::string& room_id, const Joining& who) const {
  const auto room = rooms_.find(room_id);
  if (room != rooms_.end()) {
    const auto known = room->second.user_of_socket.find(who.socket_id);
    if (known != room->second.user_of_socket.end() && known->second != who.user_id) {
      return fail(ErrorKind::conflict, "Socket belongs to another user");
    }
    if (!room->second.users.contains(who.user_id) && room->second.users.size() >= options_.participants_max) {
      return fail(ErrorKind::too_large, "Too many participants");
    }
  }
  const auto entered = rooms_of_socket_.find(who.socket_id);
  if (entered != rooms_of_socket_.end() && !entered->second.contains(room_id) &&
      entered->second.size() >= options_.rooms_max) {
    return fail(ErrorKind::too_large, "Too many rooms");
  }
  if (!who.metadata.is_null() && who.metadata.dump(-1, ' ', false, Value::error_handler_t::replace).size() >
                                     options_.metadata_max_bytes) {
    return fail_field("metadata", "longer than " + std::to_string(options_.metadata_max_bytes) + " bytes");
  }
  return {};
}

std::optional<Left> Rooms::leave(const std::string& room_id, const std::string& socket_id) {
  const std::string* user = user_of(room_id, socket_id);
  if (user == nullptr) return std::nullopt;
  Left left{.room = room_id, .user_id = *user};
  left.stopped_typing = typing_.stop(left.room, socket_id);

  Room& room = rooms_.at(left.room);
  left.last_here = --room.users.at(left.user_id).devices == 0;
  room.user_of_socket.erase(socket_id);
  left.last_device = forget_if_gone(left.room, left.user_id);

  const auto entered = rooms_of_socket_.find(socket_id);
  entered->second.erase(left.room);
  if (entered->second.empty()) rooms_of_socket_.erase(entered);
  return left;
}

std::vector<Left> Rooms::drop(const std::string& socket_id) {
  const auto entered = rooms_of_socket_.find(socket_id);
  if (entered == rooms_of_socket_.end()) return {};
  const std::vector<std::string> rooms(entered->second.begin(), entered->second.end());
  std::vector<Left> all;
  for (const std::string& room : rooms) {
    if (auto left = leave(room, socket_id)) all.push_back(std::move(*left));
  }
  return all;
}

bool Rooms::has(const std::string& room, const std::string& socket_id) const {
  return user_of(room, socket_id) != nullptr;
}

std::optional<Participant> Rooms::find(const std::string& room_id, const std::string& user_id) const {
  const auto room = rooms_.find(room_id);
  if (room == rooms_.end()) return std::nullopt;
  const auto present = room->second.users.find(user_id);
  return present == room->second.users.end() ? std::nullopt : std::optional(present->second.participant);
}

std::vector<Participant> Rooms::participants(const std::string& room_id) const {
  const auto room = rooms_.find(room_id);
  if (room == rooms_.end()) return {};
  std::vector<const Present*> sorted;
  sorted.reserve(room->second.users.size());
  for (const auto& [user, present] : room->second.users) sorted.push_back(&present);
  std::ranges::sort(sorted, {}, [](const Present* present) {
    return std::tuple(present->participant.joined_at, present->order);
  });
  std::vector<Participant> out;
  out.reserve(sorted.size());
  for (const Present* present : sorted) out.push_back(present->participant);
  return out;
}

Result<bool> Rooms::start_typing(const std::string& room, const std::string& socket_id, TimePoint now) {
  const std::string* user = user_of(room, socket_id);
  if (user == nullptr) return fail(ErrorKind::forbidden, "Access denied to this room");
  return typing_.start(room, *user, socket_id, now);
}

Result<bool> Rooms::stop_typing(const std::string& room, const std::string& socket_id) {
  if (!has(room, socket_id)) return fail(ErrorKind::forbidden, "Access denied to this room");
  return typing_.stop(room, socket_id);
}

const std::string* Rooms::user_of(const std::string& room_id, const std::string& socket_id) const {
  const auto room = rooms_.find(room_id);
  if (room == rooms_.end()) return nullptr;
  const auto user = room->second.user_of_socket.find(socket_id);
  return user == room->second.user_of_socket.end() ? nullptr : &user->second;
}

std::map<std::string, std::int64_t> Rooms::count_by_type() const {
  std::map<std::string, std::int64_t> counts;
  for (const auto& [name, room] : rooms_) ++counts[name.substr(0, name.find(':'))];
  return counts;
}

}  // namespace belfry::rooms
