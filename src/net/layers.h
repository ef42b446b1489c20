// What lies between a connection's socket and the pump that reads it.
#pragma once

#include <memory>
#include <string>

#include "net/proxy_header.h"
#include "net/tls_session.h"
#include "runtime/timer_queue.h"

namespace belfry::net {

/// Owned by its connection, and goes with it to another shard; a connection without any of it has none.
struct Layers {
  std::unique_ptr<ProxyHeader> proxy = {};  // until the header has come
  std::unique_ptr<TlsSession> tls = {};
  std::string peer_address = {};  // as the PROXY header or another server names it; empty: the socket's holds
  bool from_peer = false;         // it is another server of the cluster
  runtime::Timer timer = {};      // until the pump may read
};

}  // namespace belfry::net
