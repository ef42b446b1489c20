// libpq's connection, waited for with a limit.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <string>

#include "belfry/result.h"
#include "store/postgres/options.h"
#include "store/postgres/url.h"

namespace belfry::store {

using SteadyTime = std::chrono::steady_clock::time_point;

struct ClosePostgres {
  void operator()(PGconn* handle) const { PQfinish(handle); }
};
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PostgresHandle = std::unique_ptr<PGconn, ClosePostgres>;
using PostgresResult = std::unique_ptr<PGresult, ClearResult>;

/// Connects, with UTF-8 and probes of TCP; nothing of it blocks longer than `options.connect_timeout`, but
/// looking up a name. Fails with `unavailable` and libpq's words, which name no password.
Result<PostgresHandle> connect_postgres(const PostgresTarget& target, const PostgresOptions& options);

/// Waits until the next result can be taken without blocking, and sends what is to be sent meanwhile. False:
/// the connection is lost, or the time is over.
bool await_result(PGconn* handle, SteadyTime deadline);

/// libpq's words for what went wrong, without the line's end.
std::string message_of(PGconn* handle);

}  // namespace belfry::store
