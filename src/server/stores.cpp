#include "server/stores.h"

#include <filesystem>
#include <utility>

#include "store/sqlite/sqlite_store.h"

namespace belfry::server {

Result<std::unique_ptr<store::Store>> open_store(const Config& config, const std::vector<ExtraApp>& extra,
                                                 store::Publish publish, Log& log) {
  const std::filesystem::path file = config.database_file();
  if (file.has_parent_path()) {
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    if (error) return fail(ErrorKind::unavailable, file.parent_path().string() + ": " + error.message());
  }
  store::StoreOptions options;
  options.queue_max_units = static_cast<std::size_t>(config.store.queue_max);
  std::vector<store::AppMigrations> apps;
  for (const ExtraApp& app : extra) apps.push_back({app.name, app.migrations});
  return store::open_sqlite_store(file.string(), options, std::move(publish), log, store::all_migrations(),
                                  apps);
}

}  // namespace belfry::server
