// What the tests of several servers ask one of them.
#pragma once

#include <string>

#include "belfry/server.h"

namespace conformance {

/// `url` of a Redis and what adapter is to be on it: `classic`, `sharded` or `streams`. Fails where either is
/// none.
belfry::Result<belfry::AdapterFactory> adapter_of(const std::string& url, const std::string& kind,
                                                  const std::string& key);

/// | from the client | what the server does |
/// | --- | --- |
/// | `emit-to` {rooms, except, volatile, local}, …args | emits `told` …args to these, on all servers |
/// | `ask-all` room, timeoutMs, …args | emits `room-ack-request` …args and asks for acks; ack({answers,
/// missing}) | | `set-data` value | the socket's data; ack() | | `fetch-sockets` room | ack(list of {id,
/// rooms, data, handshake: {query, auth}}) | | `sockets-join`, `sockets-leave` room, other | those of the
/// room join, leave the other; ack() | | `disconnect-sockets` room, close | ack() | | `all-rooms` | ack(list
/// of rooms that are not those of an id) | | `server-count` | ack(number) | | `server-event` …args | to the
/// other servers, each of which emits `server-event` …args to its own sockets | | `server-ask` …args | the
/// same with answers, the first argument each; ack(list; `null` for none) |
void add_cluster(belfry::Server& server, const belfry::Namespace& nsp);

}  // namespace conformance
