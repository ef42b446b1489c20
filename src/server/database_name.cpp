#include "server/database_name.h"

#include "store/postgres/url.h"

namespace belfry::server {

Result<void> check_database(const std::string& database) {
  if (store::is_postgres_url(database)) {
    const auto target = store::parse_postgres_url(database);
    return target ? Result<void>() : std::unexpected(target.error());
  }
  if (database.starts_with(kSqliteScheme) && database.size() > kSqliteScheme.size()) return {};
  return fail(ErrorKind::invalid, "must be sqlite:PATH or postgres://…");
}

std::string shown_database(const std::string& database) {
  if (!store::is_postgres_url(database)) return database;
  const auto target = store::parse_postgres_url(database);
  return target ? target->shown() : "postgres://";
}

}  // namespace belfry::server
