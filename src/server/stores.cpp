#include "server/stores.h"

#include <filesystem>
#include <string_view>
#include <utility>

#include "belfry/log.h"
#include "server/database_name.h"
#include "server/event_forms.h"
#include "store/postgres/connection.h"
#include "store/postgres/outbox.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/sqlite_store.h"

namespace belfry::server {

namespace {

store::StoreOptions store_options(const Config& config) {
  store::StoreOptions options;
  options.queue_max_units = static_cast<std::size_t>(config.store.queue_max);
  options.lock_timeout = config.store.lock_timeout_ms;
  return options;
}

store::PostgresOptions postgres_options(const StoreSettings& settings) {
  return {.connect_timeout = settings.connect_timeout_ms,
          .statement_timeout = settings.statement_timeout_ms,
          .idle_transaction_timeout = settings.idle_transaction_timeout_ms,
          .keepalive = settings.keepalive_ms};
}

Result<void> make_folder_of(const std::filesystem::path& file) {
  if (!file.has_parent_path()) return {};
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  if (error) return fail(ErrorKind::unavailable, file.parent_path().string() + ": " + error.message());
  return {};
}

std::vector<store::AppMigrations> migrations_of(const std::vector<ExtraApp>& extra) {
  std::vector<store::AppMigrations> apps;
  apps.reserve(extra.size());
  for (const ExtraApp& app : extra) apps.push_back({app.name, app.migrations});
  return apps;
}

std::string file_of(const std::string& database) {
  return database.substr(kSqliteScheme.size());
}

Result<store::PostgresTarget> target_of(const std::string& database, Log& log) {
  auto target = store::parse_postgres_url(database);
  if (!target) return target;
  for (const std::string& name : target->ignored) {
    log.warn("store", "a parameter of the database's URL is not used", {{"name", name}});
  }
  return target;
}

// Every node tells its clients what is stored on any.
std::unique_ptr<store::Announcer> shared_events(const store::PostgresTarget& target,
                                                const StoreSettings& settings,
                                                const std::vector<ExtraApp>& extra, store::Publish publish,
                                                Log& log) {
  const store::OutboxOptions options{.sequencer = {.result_max_wait = settings.outbox_wait_ms},
                                     .poll = settings.outbox_poll_ms,
                                     .keep = settings.outbox_keep_ms};
  auto connection = std::make_unique<store::PostgresConnection>(target, postgres_options(settings), log,
                                                                store::Outbox::kChannel);
  return std::make_unique<store::Outbox>(options, event_forms(extra), std::move(publish),
                                         std::move(connection), log);
}

using Opened = Result<std::unique_ptr<store::Database>>;

Opened open_to_read(const std::string& database, const Config& config, Log& log) {
  if (!store::is_postgres_url(database)) {
    return store::SqliteConnection::open(file_of(database), store::Access::read_only,
                                         config.store.lock_timeout_ms, log);
  }
  const auto target = target_of(database, log);
  if (!target) return std::unexpected(target.error());
  auto connection = std::make_unique<store::PostgresConnection>(*target, postgres_options(config.store), log);
  if (auto connected = connection->connect(); !connected) return std::unexpected(connected.error());
  return connection;
}

Opened open_to_write(const std::string& database, const Config& config, const std::vector<ExtraApp>& extra,
                     Log& log) {
  if (!store::is_postgres_url(database)) {
    if (auto made = make_folder_of(file_of(database)); !made) return std::unexpected(made.error());
    return store::open_sqlite_database(file_of(database), store_options(config), log, store::all_migrations(),
                                       migrations_of(extra));
  }
  const auto target = target_of(database, log);
  if (!target) return std::unexpected(target.error());
  return store::open_postgres_database(*target, postgres_options(config.store), log, store::all_migrations(),
                                       migrations_of(extra));
}

}  // namespace

Result<std::unique_ptr<store::Store>> open_store(const std::string& database, const Config& config,
                                                 const std::vector<ExtraApp>& extra, store::Publish publish,
                                                 Log& log) {
  const auto apps = migrations_of(extra);
  if (!store::is_postgres_url(database)) {
    if (auto made = make_folder_of(file_of(database)); !made) return std::unexpected(made.error());
    return store::open_sqlite_store(file_of(database), store_options(config), std::move(publish), log,
                                    store::all_migrations(), apps);
  }
  const auto target = target_of(database, log);
  if (!target) return std::unexpected(target.error());
  return store::open_postgres_store(*target, store_options(config), postgres_options(config.store),
                                    shared_events(*target, config.store, extra, std::move(publish), log), log,
                                    store::all_migrations(), apps);
}

Result<std::int64_t> copy_store(const std::string& from, const std::string& to, const Config& config,
                                const std::vector<ExtraApp>& extra, const store::CopyProgress& progress,
                                Log& log) {
  if (auto good = check_database(from); !good) return fail_field("--from", good.error().message);
  if (auto good = check_database(to); !good) return fail_field("--to", good.error().message);
  const auto source = open_to_read(from, config, log);
  if (!source) return std::unexpected(source.error());
  const auto target = open_to_write(to, config, extra, log);
  if (!target) return std::unexpected(target.error());
  return store::copy_store(**source, **target, progress);
}

}  // namespace belfry::server
