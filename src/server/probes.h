// `GET /healthz` and `GET /readyz`.
#pragma once

#include "belfry/server.h"
#include "store/store.h"

namespace belfry::server {

/// Alive: always. Ready: the store answers a read in time; else 503 that names it. Before the server listens.
void add_probes(Server& server, store::Store& store);

}  // namespace belfry::server
