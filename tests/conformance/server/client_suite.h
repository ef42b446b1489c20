// The namespaces and events that socket.io-client's own tests expect.
#pragma once

#include "belfry/server.h"

namespace conformance {

/// Instead of `add_namespaces`. Every handshake waits ten milliseconds.
void add_client_suite(belfry::Server& server);

}  // namespace conformance
