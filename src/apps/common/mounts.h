// An app's namespaces: its own and, for the root app, `/`.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "belfry/namespace.h"

namespace belfry::apps {

/// Emits to the sockets of all of them, each once: a socket is in one namespace only. Any thread.
class Mounts {
 public:
  explicit Mounts(std::vector<Namespace> namespaces) : namespaces_(std::move(namespaces)) {}

  const std::vector<Namespace>& all() const { return namespaces_; }

  /// To the sockets in any of `rooms`, but not to those in one of `except`. No rooms: to nobody.
  void emit(const std::vector<std::string>& rooms, const std::vector<std::string>& except,
            std::string_view event, const Value& payload) const {
    if (rooms.empty()) return;
    const Payload encoded = make_payload(event, payload);
    for (const Namespace& nsp : namespaces_) nsp.sockets().to(rooms).except(except).emit_payload(encoded);
  }
  void emit_to_all(std::string_view event, const Value& payload) const {
    for (const Namespace& nsp : namespaces_) nsp.emit(event, payload);
  }

 private:
  std::vector<Namespace> namespaces_;
};

}  // namespace belfry::apps
