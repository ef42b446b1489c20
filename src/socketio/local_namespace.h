// One shard's part of a namespace: its sockets there, and their rooms.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "belfry/adapter.h"
#include "core/message.h"
#include "socketio/handlers.h"
#include "socketio/recovery/sessions.h"
#include "socketio/recovery/shared_sessions.h"

namespace belfry::socketio {

/// The members of a room on this shard. Its name is its key in the namespace.
struct Room {
  const std::string* name = nullptr;
  std::vector<SocketCore*> members;
};

/// Lives on one shard, owned by its Hub. Rooms exist while they have members.
class LocalNamespace {
 public:
  LocalNamespace(std::string name, std::shared_ptr<const NamespaceDef> def);
  ~LocalNamespace();

  const std::shared_ptr<const std::string>& name() const { return name_; }
  const std::shared_ptr<const NamespaceDef>& def() const { return def_; }
  /// Whether no socket is in it and none is on its way into it.
  bool unused() const {
    return sockets_.empty() && entering_ == 0 && (recovery_ == nullptr || recovery_->unused());
  }
  std::size_t size() const { return sockets_.size(); }

  /// Before anybody is here: the adapter is told of rooms.
  void tell_rooms_to(Adapter& adapter) { rooms_told_to_ = &adapter; }
  /// A room, or the id of a socket, can be meant from now on, or no more.
  void tell_room(std::string_view name, bool in_use) {
    if (rooms_told_to_ != nullptr) rooms_told_to_->on_room(*name_, name, in_use);
  }

  /// A client has asked to be let in; `add` or `turn_away` follows. Until then it may join rooms, but no
  /// operation means it.
  void expect() { ++entering_; }
  void turn_away() { --entering_; }
  void add(SocketPtr socket);
  /// Takes a socket out of its rooms and of the namespace.
  void remove(SocketCore& socket);
  /// The same for one whose client may come back: it stays in its rooms.
  void suspend(SocketCore& socket);
  SocketCore* find(std::string_view id) const;

  void join(SocketCore& socket, std::string room);
  void leave(SocketCore& socket, std::string_view room);
  /// Whether the socket is in the room, by joining it or by its id.
  bool has(const SocketCore& socket, std::string_view room) const;
  void leave_all(SocketCore& socket);
  std::vector<std::string> rooms_of(const SocketCore& socket) const;
  std::vector<std::string> room_names() const;

  /// Queues the message for every socket that `target` means, once each. Calls nobody back.
  void broadcast(const MessageRef& message, const Target& target, bool is_volatile);
  /// The same for an event that can be recovered, which is logged.
  void broadcast(LoggedEvent event);
  /// The same for an event of the log that servers share; 0: it is in no log.
  void broadcast_entry(const MessageRef& message, const Target& target, EventNumber entry);
  /// The sockets that `target` means, once each.
  std::vector<SocketPtr> select(const Target& target);
  /// The same, and those whose client may come back.
  std::vector<SocketPtr> select_members(const Target& target);

  /// Where this shard is in the log that servers share, if they do.
  LogPlace& place() { return place_; }
  /// What is logged from now on stands here or later.
  LogPosition log_end() const { return recovery_ != nullptr ? recovery_->log().end() : place_.next(); }

  /// Null where sessions end with their connection, or are kept by the adapter.
  NamespaceRecovery* recovery() const { return recovery_.get(); }
  void set_recovery(std::unique_ptr<NamespaceRecovery> recovery) { recovery_ = std::move(recovery); }

 private:
  template <class Visit>
  void each(const Target& target, Visit visit);
  template <class Accept, class Visit>
  void each_that(const Target& target, Accept accept, Visit visit);
  template <class Visit>
  void each_in_room(const std::string& room, Visit visit) const;
  void take_off_list(SocketCore& socket);
  void leave_at(SocketCore& socket, std::size_t membership);

  const std::shared_ptr<const std::string> name_;
  const std::shared_ptr<const NamespaceDef> def_;
  std::unordered_map<std::string_view, SocketPtr> sockets_;  // by id, a view into the socket's own
  std::vector<SocketCore*> list_;                            // the same, to walk
  std::unordered_map<std::string, Room, StringHash, std::equal_to<>> rooms_;
  std::unique_ptr<NamespaceRecovery> recovery_;
  LogPlace place_;
  Adapter* rooms_told_to_ = nullptr;  // null: it wants to hear nothing
  std::uint64_t stamp_ = 0;
  std::size_t entering_ = 0;
};

}  // namespace belfry::socketio
