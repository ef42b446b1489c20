// What a URL of PostgreSQL says.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "belfry/result.h"

namespace belfry::store {

/// Whether a text begins as such a URL does.
bool is_postgres_url(std::string_view text);

/// Where a database is and how to get in. Holds a password, so it is not for logs.
struct PostgresTarget {
  std::vector<std::pair<std::string, std::string>> parameters;  ///< those of libpq
  std::string schema;                                           ///< empty: the server's own search path
  std::vector<std::string> ignored;                             ///< names that only Prisma knows

  /// `postgres://host:port/name`, without the user and the password.
  std::string shown() const;
};

/// Reads `postgres://…` or `postgresql://…`, with the parameters of libpq and `schema`; those of Prisma's
/// connections are left out. Fails with `invalid`, without a word of the text, which may hold a password.
Result<PostgresTarget> parse_postgres_url(std::string_view text);

}  // namespace belfry::store
