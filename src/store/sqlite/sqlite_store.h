// The embedded store: one SQLite file.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "belfry/result.h"
#include "store/announcer.h"
#include "store/migrations/migrations.h"
#include "store/store.h"

namespace belfry {
class Log;
}

namespace belfry::store {

/// The connection that such a store writes with, up to date; fails as that does.
Result<std::unique_ptr<Database>> open_sqlite_database(
    const std::string& path, const StoreOptions& options, Log& log,
    std::span<const Migration> migrations = all_migrations(), const std::vector<AppMigrations>& apps = {});

/// Opens the database at `path` (its folder is there already), creates it where there is none, brings it up
/// to date, and starts one thread that writes and `options.read_threads` that read. Units are all written in
/// the order of the calls, whatever their keys. `log` outlives the store. Fails with `unavailable` (cannot be
/// opened), `conflict` (newer than the program) or `internal` (a migration failed).
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const StoreOptions& options,
                                                 Publish publish, Log& log,
                                                 std::span<const Migration> migrations = all_migrations(),
                                                 const std::vector<AppMigrations>& apps = {});

}  // namespace belfry::store
