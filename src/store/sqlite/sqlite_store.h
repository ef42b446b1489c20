// The embedded store: one SQLite file.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "belfry/result.h"
#include "store/migrations/migrations.h"
#include "store/store.h"

namespace belfry {
class Log;
}

namespace belfry::store {

/// Opens the database at `path` (its folder is there already), creates it where there is none, brings it up
/// to date, and starts one thread that writes and `options.read_threads` that read. Units are all written in
/// the order of the calls, whatever their keys. `log` outlives the store. Fails with `unavailable` (cannot be
/// opened), `conflict` (newer than the program) or `internal` (a migration failed).
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const StoreOptions& options,
                                                 Publish publish, Log& log,
                                                 std::span<const Migration> migrations = all_migrations(),
                                                 const std::vector<AppMigrations>& apps = {});

}  // namespace belfry::store
