// Brings a database up to date.
#pragma once

#include <span>

#include "belfry/result.h"
#include "store/database.h"
#include "store/migrations/migrations.h"

namespace belfry::store {

/// Applies, in one transaction and alone, the steps that are not applied yet; all
/// or none. Fails with `conflict` where the database has a step that `migrations` does not know: it is newer
/// than the program.
Result<void> migrate(Database& database, std::span<const Migration> migrations,
                     const std::vector<AppMigrations>& apps = {});

}  // namespace belfry::store
