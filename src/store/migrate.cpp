#include "store/migrate.h"

#include <fmt/format.h>

#include "core/clock.h"

namespace belfry::store {

namespace {

constexpr std::string_view kVersionTable =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)";

// Whose steps they are: this program's (empty), or an app's from outside.
struct Steps {
  std::string_view app;
  std::span<const Migration> all;
};

Result<std::int64_t> applied_number(Database& database, std::string_view app) {
  std::int64_t number = 0;
  const auto on_row = [&](const Row& row) { number = row.integer(0); };
  const Param params[] = {app};
  auto read = app.empty() ? database.run("SELECT coalesce(max(number), 0) FROM schema_migrations", {}, on_row)
                          : database.run("SELECT coalesce(max(number), 0) FROM app_migrations WHERE app = $1",
                                         params, on_row);
  if (!read) return std::unexpected(std::move(read.error()));
  return number;
}

Result<void> apply(Database& database, std::string_view app, const Migration& migration) {
  if (auto done = database.run_script(migration.sql); !done) {
    return fail(ErrorKind::internal, fmt::format("migration {}{}{} ({}) failed; nothing was changed", app,
                                                 app.empty() ? "" : " ", migration.number, migration.name));
  }
  const Param params[] = {migration.number, migration.name, wall_now_ms(), app};
  if (!app.empty()) {
    return database.run("INSERT INTO app_migrations (number, name, applied_at, app) VALUES ($1, $2, $3, $4)",
                        params);
  }
  return database.run("INSERT INTO schema_migrations (number, name, applied_at) VALUES ($1, $2, $3)",
                      std::span(params).first(3));
}

Result<void> apply_missing(Database& database, const Steps& steps) {
  const auto applied = applied_number(database, steps.app);
  if (!applied) return std::unexpected(applied.error());
  const int newest = steps.all.empty() ? 0 : steps.all.back().number;
  if (*applied > newest) {
    return fail(
        ErrorKind::conflict,
        fmt::format("the database is newer than this program: {} is at step {}, the program knows {}; "
                    "use a newer program or another database",
                    steps.app.empty() ? "its schema" : "app " + std::string(steps.app), *applied, newest));
  }
  for (const Migration& migration : steps.all) {
    if (migration.number <= *applied) continue;
    if (auto done = apply(database, steps.app, migration); !done) return done;
  }
  return {};
}

}  // namespace

Result<void> migrate(Database& database, std::span<const Migration> migrations,
                     const std::vector<AppMigrations>& apps) {
  auto done = database.begin(Purpose::migrate);
  if (!done) return done;
  done = database.run(kVersionTable);
  if (done) done = apply_missing(database, {"", migrations});
  for (const AppMigrations& app : apps) {
    if (done) done = apply_missing(database, {app.app, app.steps});
  }
  if (done) done = database.commit();
  if (!done) database.roll_back();
  return done;
}

}  // namespace belfry::store
