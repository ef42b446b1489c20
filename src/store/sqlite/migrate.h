// Brings an SQLite database up to date.
#pragma once

#include <span>

#include "belfry/result.h"
#include "store/migrations/migrations.h"
#include "store/sqlite/connection.h"

namespace belfry::store {

/// Applies, in one transaction and under the database's write lock, the steps that are not applied yet; all
/// or none. Fails with `conflict` where the database has a step that `migrations` does not know: it is newer
/// than the program.
Result<void> migrate(Connection& connection, std::span<const Migration> migrations,
                     const std::vector<AppMigrations>& apps = {});

}  // namespace belfry::store
