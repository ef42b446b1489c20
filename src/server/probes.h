// `GET /healthz` and `GET /readyz`.
#pragma once

#include "belfry/server.h"
#include "redis/client.h"
#include "runtime/flag.h"
#include "store/store.h"

namespace belfry::server {

/// Alive: always. Ready: `ready` is set and the store answers a read in time; else 503 that says why. While
/// `redis` (null: this server is alone) is away, the answer names it as degraded, or is 503 where it is
/// needed. Before the server listens; `ready` outlives it.
void add_probes(Server& server, store::Store& store, const runtime::Flag& ready, const redis::Client* redis,
                bool needs_redis);

}  // namespace belfry::server
