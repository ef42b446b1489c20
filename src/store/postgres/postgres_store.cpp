#include "store/postgres/postgres_store.h"

#include <algorithm>
#include <string>
#include <utility>

#include "store/migrate.h"
#include "store/postgres/connection.h"
#include "store/worker_store.h"

namespace belfry::store {

namespace {

struct Column {
  std::string table;
  std::string name;
};

// Text sorts by its bytes, as with SQLite and as in this program, whatever the language of the database.
Result<void> sort_by_bytes(Database& database) {
  constexpr std::string_view kOthers =
      "SELECT quote_ident(c.table_name), quote_ident(c.column_name) FROM information_schema.columns c "
      "JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name "
      "WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.data_type = 'text' "
      "AND coalesce(c.collation_name, '') <> 'C' AND NOT EXISTS (SELECT 1 FROM pg_database "
      "WHERE datname = current_database() AND datlocprovider = 'c' AND datcollate IN ('C', 'POSIX'))";
  std::vector<Column> others;
  auto done =
      database.run(kOthers, {}, [&](const Row& row) { others.push_back({row.text(0), row.text(1)}); });
  for (const Column& column : others) {
    if (!done) return done;
    done = database.run_script("ALTER TABLE " + column.table + " ALTER COLUMN " + column.name +
                               " TYPE text COLLATE \"C\"");
  }
  return done;
}

Result<void> bring_up_to_date(Database& database, std::span<const Migration> migrations,
                              const std::vector<AppMigrations>& apps) {
  if (auto done = migrate(database, migrations, apps); !done) return done;
  auto done = database.begin(Purpose::migrate);
  if (done) done = sort_by_bytes(database);
  if (done) done = database.commit();
  if (!done) database.roll_back();
  return done;
}

}  // namespace

Result<std::unique_ptr<Database>> open_postgres_database(const PostgresTarget& target,
                                                         const PostgresOptions& postgres, Log& log,
                                                         std::span<const Migration> migrations,
                                                         const std::vector<AppMigrations>& apps) {
  auto database = std::make_unique<PostgresConnection>(target, postgres, log);
  if (auto connected = database->connect(); !connected) {
    return fail(ErrorKind::unavailable,
                "cannot connect to the database " + target.shown() + ": " + connected.error().message);
  }
  if (auto done = bring_up_to_date(*database, migrations, apps); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return database;
}

Result<std::unique_ptr<Store>> open_postgres_store(const PostgresTarget& target, const StoreOptions& options,
                                                   const PostgresOptions& postgres,
                                                   std::unique_ptr<Announcer> announcer, Log& log,
                                                   std::span<const Migration> migrations,
                                                   const std::vector<AppMigrations>& apps) {
  Connections connections;
  auto writer = open_postgres_database(target, postgres, log, migrations, apps);
  if (!writer) return std::unexpected(std::move(writer.error()));
  connections.writer = std::move(*writer);
  for (unsigned i = 0; i < std::max(1u, options.read_threads); ++i) {
    connections.readers.push_back(std::make_unique<PostgresConnection>(target, postgres, log));
  }
  if (auto started = announcer->start(); !started) return std::unexpected(std::move(started.error()));
  return start_store(options, std::move(connections), std::move(announcer), log);
}

}  // namespace belfry::store
