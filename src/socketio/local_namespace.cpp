#include "socketio/local_namespace.h"

#include <algorithm>

#include "socketio/socket_core.h"

namespace belfry::socketio {

std::shared_ptr<const NamespaceDef> Registry::find(std::string_view name, const Value& auth) const {
  for (const auto& def : fixed) {
    if (def->name == name) return def;
  }
  for (const auto& def : dynamic) {
    if (def->matches(name, auth)) return def;
  }
  return nullptr;
}

LocalNamespace::LocalNamespace(std::string name, std::shared_ptr<const NamespaceDef> def)
    : name_(std::make_shared<const std::string>(std::move(name))), def_(std::move(def)) {}

LocalNamespace::~LocalNamespace() = default;

void LocalNamespace::add(SocketPtr socket) {
  --entering_;
  SocketCore& core = *socket;
  if (recovery_ == nullptr || !core.recovered()) tell_room(core.id(), true);  // else it was expected here
  core.position_ = static_cast<std::uint32_t>(list_.size());
  list_.push_back(&core);
  sockets_.emplace(core.id(), std::move(socket));
}

void LocalNamespace::remove(SocketCore& socket) {
  leave_all(socket);
  tell_room(socket.id(), false);
  take_off_list(socket);
}

void LocalNamespace::suspend(SocketCore& socket) {
  const SocketPtr kept = socket.shared_from_this();
  take_off_list(socket);
  recovery_->suspend(kept);
}

void LocalNamespace::take_off_list(SocketCore& socket) {
  list_.back()->position_ = socket.position_;
  list_[socket.position_] = list_.back();
  list_.pop_back();
  sockets_.erase(socket.id());
}

void LocalNamespace::leave_all(SocketCore& socket) {
  while (!socket.memberships_.empty()) leave_at(socket, socket.memberships_.size() - 1);
}

SocketCore* LocalNamespace::find(std::string_view id) const {
  const auto it = sockets_.find(id);
  return it == sockets_.end() ? nullptr : it->second.get();
}

bool LocalNamespace::has(const SocketCore& socket, std::string_view name) const {
  const auto in_room = [name](const auto& membership) { return *membership.room->name == name; };
  return name == socket.id() || std::ranges::any_of(socket.memberships_, in_room);
}

void LocalNamespace::join(SocketCore& socket, std::string name) {
  if (name == socket.id()) return;
  if (socket.may_come_back()) recovery_->on_rooms_told(socket, name);
  const auto [it, is_new] = rooms_.try_emplace(std::move(name));
  Room& room = it->second;
  room.name = &it->first;
  if (is_new) tell_room(it->first, true);
  const auto in_room = [&room](const auto& membership) { return membership.room == &room; };
  if (!is_new && std::ranges::any_of(socket.memberships_, in_room)) return;
  socket.memberships_.push_back({&room, static_cast<std::uint32_t>(room.members.size())});
  room.members.push_back(&socket);
  if (socket.recoverable() != nullptr) socket.recoverable()->on_join(it->first, log_end());
}

std::vector<std::string> LocalNamespace::rooms_of(const SocketCore& socket) const {
  std::vector<std::string> names;
  names.reserve(socket.memberships_.size());
  for (const auto& membership : socket.memberships_) names.push_back(*membership.room->name);
  return names;
}

std::vector<std::string> LocalNamespace::room_names() const {
  std::vector<std::string> names;
  names.reserve(rooms_.size());
  const auto connected = [](const SocketCore* socket) { return socket->connected(); };
  for (const auto& [name, room] : rooms_) {
    if (std::ranges::any_of(room.members, connected)) names.push_back(name);
  }
  return names;
}

void LocalNamespace::leave(SocketCore& socket, std::string_view name) {
  if (socket.may_come_back()) recovery_->on_rooms_told(socket, name);
  for (std::size_t i = 0; i < socket.memberships_.size(); ++i) {
    if (*socket.memberships_[i].room->name == name) return leave_at(socket, i);
  }
}

void LocalNamespace::leave_at(SocketCore& socket, std::size_t membership) {
  const auto [room, position] = socket.memberships_[membership];
  socket.memberships_[membership] = socket.memberships_.back();
  socket.memberships_.pop_back();
  if (socket.recoverable() != nullptr) socket.recoverable()->on_leave(*room->name, log_end());
  // The last member takes the free place, and must know it.
  SocketCore* last = room->members.back();
  room->members[position] = last;
  room->members.pop_back();
  for (auto& other : last->memberships_) {
    if (other.room == room) other.position = position;
  }
  if (!room->members.empty()) return;
  const auto gone = rooms_.extract(rooms_.find(*room->name));
  tell_room(gone.key(), false);
}

template <class Visit>
void LocalNamespace::each_in_room(const std::string& room, Visit visit) const {
  if (const auto it = rooms_.find(room); it != rooms_.end()) {
    for (SocketCore* socket : it->second.members) visit(*socket);
  }
  if (SocketCore* socket = find(room)) visit(*socket);
  if (recovery_ != nullptr) recovery_->each_of(room, visit);
}

template <class Visit>
void LocalNamespace::each(const Target& target, Visit visit) {
  each_that(target, [](const SocketCore& socket) { return socket.connected(); }, visit);
}

// Stamps say who is excluded and who was met: no set is built, and each socket is met once.
template <class Accept, class Visit>
void LocalNamespace::each_that(const Target& target, Accept accept, Visit visit) {
  const std::uint64_t excluded = ++stamp_;
  const std::uint64_t met = ++stamp_;
  for (const auto& room : target.except) {
    each_in_room(room, [excluded](SocketCore& socket) { socket.stamp_ = excluded; });
  }
  const auto meet = [&](SocketCore& socket) {
    if (socket.stamp_ == excluded || socket.stamp_ == met || !accept(socket)) return;
    socket.stamp_ = met;
    visit(socket);
  };
  if (target.rooms.empty()) {
    for (SocketCore* socket : list_) meet(*socket);
    if (recovery_ != nullptr) recovery_->each(meet);
  }
  for (const auto& room : target.rooms) each_in_room(room, meet);
}

void LocalNamespace::broadcast(const MessageRef& message, const Target& target, bool is_volatile) {
  each(target, [&](SocketCore& socket) { socket.send(message, is_volatile); });
}

void LocalNamespace::broadcast(LoggedEvent event) {
  const EventNumber number = event.number;
  const auto target = event.target;
  const MessageRef message(event.message);
  const LogPosition position = recovery_->add(std::move(event));
  each(*target, [&](SocketCore& socket) {
    socket.send(message, false);
    if (socket.recoverable() != nullptr) socket.recoverable()->on_sent(position, number);
  });
}

void LocalNamespace::broadcast_entry(const MessageRef& message, const Target& target, EventNumber entry) {
  if (entry != 0) {
    place_.on_event(entry);
  } else {
    place_.on_unlogged();
  }
  each(target, [&](SocketCore& socket) {
    const bool has_it =
        entry != 0 && socket.recoverable() != nullptr && entry < socket.recoverable()->shared().next;
    if (!has_it) socket.send(message, false);
  });
}

std::vector<SocketPtr> LocalNamespace::select_members(const Target& target) {
  std::vector<SocketPtr> found;
  const auto all = [](const SocketCore& socket) { return socket.connected() || socket.may_come_back(); };
  each_that(target, all, [&](SocketCore& socket) { found.push_back(socket.shared_from_this()); });
  return found;
}

std::vector<SocketPtr> LocalNamespace::select(const Target& target) {
  std::vector<SocketPtr> found;
  each(target, [&](SocketCore& socket) { found.push_back(socket.shared_from_this()); });
  return found;
}

}  // namespace belfry::socketio
