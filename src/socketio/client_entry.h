// A client on its way into a namespace.
#pragma once

#include <algorithm>
#include <optional>

#include "socketio/client.h"
#include "socketio/hub.h"
#include "socketio/local_namespace.h"
#include "socketio/recovery/handover.h"
#include "socketio/socket_core.h"

namespace belfry::socketio {

/// Middlewares hold it through `next`, so it outlives a client that goes away.
struct Client::Entry {
  Client* client;  // null once the client has gone, or the entry is decided
  Hub& hub;
  LocalNamespace* nsp;
  Value auth;
  SocketPtr socket = nullptr;  // null while a session is looked for
  std::size_t asked = 0;       // how many middlewares have been asked
  Claim claim = {};
  std::optional<ClaimedSession> session = std::nullopt;  // that it goes on with
  bool taking = false;                                   // which is on its way here
  std::optional<SharedSession> shared = std::nullopt;    // the same, of those that servers share

  // Takes the entry out of its client and of the namespace's count.
  void decide() {
    std::erase_if(client->entries_, [this](const auto& other) { return other.get() == this; });
    client = nullptr;
  }
  // It is decided after its client has gone.
  void leave() const {
    nsp->turn_away();
    hub.close_if_unused(*nsp);
  }
  bool goes_on() const { return session || shared; }
  void release_session(bool keep = true) {
    if (session) socketio::release_session(hub, *nsp->name(), claim, session->shard, keep);
    if (shared && keep) hub.shared().sessions->keep(*nsp->name(), *shared);
    session.reset();
    shared.reset();
  }
};

}  // namespace belfry::socketio
