// The store in PostgreSQL.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "belfry/result.h"
#include "store/announcer.h"
#include "store/migrations/migrations.h"
#include "store/postgres/options.h"
#include "store/postgres/url.h"
#include "store/store.h"

namespace belfry {
class Log;
}

namespace belfry::store {

/// The connection that such a store writes with, up to date; fails as that does.
Result<std::unique_ptr<Database>> open_postgres_database(
    const PostgresTarget& target, const PostgresOptions& postgres, Log& log,
    std::span<const Migration> migrations = all_migrations(), const std::vector<AppMigrations>& apps = {});

/// Connects, brings the database up to date, and starts one thread that writes and `options.read_threads`
/// that read, each with a connection of its own. Units are written in the order of the calls, beside those of
/// other processes; a unit that has to wait for one of those longer than `options.lock_timeout` fails with
/// `unavailable`. `log` outlives the store.
///
/// While the database is away everything fails with `unavailable`, within
/// `statement_timeout + kAnswerGrace + connect_timeout` of the call where it is silent and at once where it
/// refuses; connections come back by themselves. A commit whose outcome is not known fails.
///
/// With an Outbox for `announcer`, other processes hear of events as this one hears of theirs.
///
/// Fails with `unavailable` (no connection), `conflict` (newer than the program) or `internal` (a migration
/// failed).
Result<std::unique_ptr<Store>> open_postgres_store(const PostgresTarget& target, const StoreOptions& options,
                                                   const PostgresOptions& postgres,
                                                   std::unique_ptr<Announcer> announcer, Log& log,
                                                   std::span<const Migration> migrations = all_migrations(),
                                                   const std::vector<AppMigrations>& apps = {});

}  // namespace belfry::store
