// `GET /healthz` and `GET /readyz`.
#pragma once

#include "belfry/server.h"
#include "runtime/flag.h"
#include "store/store.h"

namespace belfry::server {

/// Alive: always. Ready: `ready` is set and the store answers a read in time; else 503 that says why. Before
/// the server listens; `ready` outlives it.
void add_probes(Server& server, store::Store& store, const runtime::Flag& ready);

}  // namespace belfry::server
