// The app's namespaces: who is let in, messages, and their history.
#pragma once

#include <string>

#include "apps/common/answers.h"
#include "apps/common/client_address.h"
#include "apps/common/identity.h"
#include "apps/health/room_events.h"
#include "apps/health/shard_state.h"
#include "runtime/event_bus.h"

namespace belfry::health {

/// Owned by the app; handlers run on the shard of their socket.
class Gateway {
 public:
  Gateway(Context& context, const apps::Identity& identity, const apps::TrustedProxies& proxies,
          runtime::EventBus& bus);

 private:
  void mount(const Namespace& nsp);
  void admit(const Socket& socket, const Next& next);
  void welcome(const Socket& socket);
  void log_leaving(const Socket& socket, std::string_view reason);
  void on_send(const Socket& socket, const Value& payload, const Ack& ack);
  void on_history(const Socket& socket, const Value& payload, const Ack& ack);
  void tell(const MessageStored& stored) const;

  Context& context_;
  const apps::Identity& identity_;
  const apps::TrustedProxies& proxies_;
  RoomEvents rooms_;
};

}  // namespace belfry::health
