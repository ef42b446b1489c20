// How the configuration names a database: `sqlite:PATH`, or a URL of PostgreSQL.
#pragma once

#include <string>
#include <string_view>

#include "belfry/result.h"

namespace belfry::server {

inline constexpr std::string_view kSqliteScheme = "sqlite:";

/// Fails with `invalid` where `database` is neither.
Result<void> check_database(const std::string& database);

/// A database as people may read it, without a password.
std::string shown_database(const std::string& database);

}  // namespace belfry::server
