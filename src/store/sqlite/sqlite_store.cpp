#include "store/sqlite/sqlite_store.h"

#include <algorithm>
#include <utility>

#include "store/migrate.h"
#include "store/sqlite/connection.h"
#include "store/worker_store.h"

namespace belfry::store {

Result<std::unique_ptr<Database>> open_sqlite_database(const std::string& path, const StoreOptions& options,
                                                       Log& log, std::span<const Migration> migrations,
                                                       const std::vector<AppMigrations>& apps) {
  auto database = SqliteConnection::open(path, Access::read_write, options.lock_timeout, log);
  if (!database) return std::unexpected(std::move(database.error()));
  if (auto done = migrate(**database, migrations, apps); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return database;
}

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const StoreOptions& options,
                                                 Publish publish, Log& log,
                                                 std::span<const Migration> migrations,
                                                 const std::vector<AppMigrations>& apps) {
  Connections connections;
  auto writer = open_sqlite_database(path, options, log, migrations, apps);
  if (!writer) return std::unexpected(std::move(writer.error()));
  connections.writer = std::move(*writer);
  for (unsigned i = 0; i < std::max(1u, options.read_threads); ++i) {
    auto reader = SqliteConnection::open(path, Access::read_only, options.lock_timeout, log);
    if (!reader) return std::unexpected(std::move(reader.error()));
    connections.readers.push_back(std::move(*reader));
  }
  return start_store(options, std::move(connections), announce_here(std::move(publish), log), log);
}

}  // namespace belfry::store
