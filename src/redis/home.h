// What everything of one client shares.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "belfry/log.h"
#include "belfry/redis.h"
#include "core/metrics.h"
#include "redis/channel.h"
#include "runtime/flag.h"
#include "runtime/shard.h"

namespace belfry::redis {

/// Owned by the client, outlives its connections. Belongs to the client's thread, but for what is counted.
struct Home {
  Home(RedisOptions given, std::shared_ptr<const net::TlsContext> spoken, Log& log_to)
      : options(std::move(given)), tls(std::move(spoken)), log(log_to) {}

  const RedisOptions options;
  const std::shared_ptr<const net::TlsContext> tls;  ///< null: none is spoken
  Log& log;
  runtime::Counter queued_bytes;  ///< of commands that have not been given to a connection; any thread adds
  Tally reconnects;
  Tally commands;
  Tally failed;
  Tally probe_failures;
  Histogram latency;  ///< from a command's way to a connection to its answer

  /// Closed channels that may still be at work further down the stack; let go at the turn's end.
  std::vector<std::unique_ptr<Channel>> retired;
  runtime::Shard shard{0, this};  // last: its end runs what closes the others' sockets
};

}  // namespace belfry::redis
