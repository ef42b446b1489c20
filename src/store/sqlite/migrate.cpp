#include "store/sqlite/migrate.h"

#include <fmt/format.h>

#include "core/clock.h"

namespace belfry::store {

namespace {

constexpr std::string_view kVersionTable =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)";

Result<std::int64_t> applied_number(Connection& connection) {
  std::int64_t number = 0;
  auto read = connection.run("SELECT coalesce(max(number), 0) FROM schema_migrations", {},
                             [&](const Row& row) { number = row.integer(0); });
  if (!read) return std::unexpected(std::move(read.error()));
  return number;
}

Result<void> apply(Connection& connection, const Migration& migration) {
  if (auto done = connection.run_script(migration.sql); !done) {
    return fail(ErrorKind::internal, fmt::format("migration {} ({}) failed; nothing was changed",
                                                 migration.number, migration.name));
  }
  const Param params[] = {migration.number, migration.name, wall_now_ms()};
  return connection.run("INSERT INTO schema_migrations (number, name, applied_at) VALUES ($1, $2, $3)",
                        params);
}

Result<void> apply_missing(Connection& connection, std::span<const Migration> migrations) {
  if (auto made = connection.run(kVersionTable); !made) return made;
  const auto applied = applied_number(connection);
  if (!applied) return std::unexpected(applied.error());
  const int newest = migrations.empty() ? 0 : migrations.back().number;
  if (*applied > newest) {
    return fail(
        ErrorKind::conflict,
        fmt::format(
            "the database is newer than this program: its schema is at step {}, the program knows {}; "
            "use a newer program or another database",
            *applied, newest));
  }
  for (const Migration& migration : migrations) {
    if (migration.number <= *applied) continue;
    if (auto done = apply(connection, migration); !done) return done;
  }
  return {};
}

}  // namespace

Result<void> migrate(Connection& connection, std::span<const Migration> migrations) {
  if (auto begun = connection.run("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = apply_missing(connection, migrations);
  if (done) done = connection.run("COMMIT");
  if (!done) connection.roll_back();
  return done;
}

}  // namespace belfry::store
