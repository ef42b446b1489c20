// An app's namespaces: its own and, for the root app, `/`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "belfry/namespace.h"

namespace belfry::apps {

/// `user:<id>` of each.
inline std::vector<std::string> rooms_of_users(const std::vector<std::string>& user_ids) {
  std::vector<std::string> rooms;
  rooms.reserve(user_ids.size());
  for (const std::string& id : user_ids) rooms.push_back(user_room_name(id));
  return rooms;
}

/// Emits to the sockets of all of them, each once: a socket is in one namespace only. Any thread.
///
/// What is stored is told by every node to its own sockets (`tell`), as every node hears of it. What one node
/// alone knows is emitted to the sockets of all (`emit`).
class Mounts {
 public:
  explicit Mounts(std::vector<Namespace> namespaces) : namespaces_(std::move(namespaces)) {}

  const std::vector<Namespace>& all() const { return namespaces_; }

  /// To the sockets in any of `rooms`, but not to those in one of `except`. No rooms: to nobody. `key`: of a
  /// state, of which a slow client needs only the newest (`Emitter::coalesce`).
  void emit(const std::vector<std::string>& rooms, const std::vector<std::string>& except,
            std::string_view event, const Value& payload, const std::string& key = {}) const {
    if (rooms.empty()) return;
    const Payload encoded = make_payload(event, payload);
    for (const Namespace& nsp : namespaces_) {
      nsp.sockets().to(rooms).except(except).coalesce(key).emit_payload(encoded);
    }
  }
  /// The same to sockets of this process only: for listeners of the event bus, and for what all nodes know.
  void tell(const std::vector<std::string>& rooms, const std::vector<std::string>& except,
            std::string_view event, const Value& payload, const std::string& key = {}) const {
    if (rooms.empty()) return;
    const Payload encoded = make_payload(event, payload);
    for (const Namespace& nsp : namespaces_) {
      nsp.sockets().to(rooms).except(except).coalesce(key).local().emit_payload(encoded);
    }
  }
  void emit_to_all(std::string_view event, const Value& payload,
                   const std::vector<std::string>& except = {}) const {
    const Payload encoded = make_payload(event, payload);
    for (const Namespace& nsp : namespaces_) nsp.sockets().except(except).emit_payload(encoded);
  }
  /// The ids of this process's sockets in `room`. `done` comes once, on the shard that asks.
  void find_sockets(const std::string& room, std::function<void(std::vector<std::string>)> done) const {
    struct Search {
      std::vector<std::string> ids;
      std::size_t missing;  // answers
      std::function<void(std::vector<std::string>)> done;
    };
    const auto search =
        std::make_shared<Search>(std::vector<std::string>(), namespaces_.size(), std::move(done));
    for (const Namespace& nsp : namespaces_) {
      nsp.to(room).local().fetch_sockets([search](const std::vector<RemoteSocket>& sockets) {
        for (const RemoteSocket& one : sockets) search->ids.push_back(one.id);
        if (--search->missing == 0) search->done(std::move(search->ids));
      });
    }
  }

 private:
  std::vector<Namespace> namespaces_;
};

}  // namespace belfry::apps
