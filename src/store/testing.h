// What the tests of everything that stores use: a store in a folder of its own, and calls that wait for their
// result.
#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "belfry/log.h"
#include "core/ids.h"
#include "store/postgres/connection.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"
#include "store/store.h"
#include "store/wait.h"

namespace belfry::store::testing {

/// For a test that breaks things on purpose.
inline LogOptions silent_log() {
  LogOptions options;
  options.level = LogLevel::off;
  return options;
}

/// A new folder, removed with everything in it at the end.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "belfry_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// The result of a write or a read, once it is there; throws after ten seconds.
template <class R>
R wait_for(std::future<R>& result) {
  if (result.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
    throw std::runtime_error("the store did not answer");
  }
  return result.get();
}

template <class Work, class R = std::invoke_result_t<const Work&, Transaction&>>
R write(Store& store, Work work) {
  auto result = start_write(store, std::move(work));
  return wait_for(result);
}

template <class Work, class R = std::invoke_result_t<const Work&, Transaction&>>
R read(Store& store, Work work) {
  auto result = start_read(store, std::move(work));
  return wait_for(result);
}

/// A new schema of a PostgreSQL, removed with everything in it at the end. The database is that of
/// BELFRY_TEST_POSTGRES.
class TempSchema {
 public:
  TempSchema() {
    const char* url = std::getenv("BELFRY_TEST_POSTGRES");
    if (url == nullptr) throw std::runtime_error("BELFRY_TEST_POSTGRES is not set");
    target_ = parse_postgres_url(url).value();
    target_.schema = "test_" + make_sid();
    // So that a test finds its own connections among those of others.
    target_.parameters.emplace_back("application_name", target_.schema);
  }
  ~TempSchema() {
    PostgresConnection connection(target_, {}, log_);
    if (connection.connect()) {
      (void)connection.run_script("DROP SCHEMA IF EXISTS \"" + target_.schema + "\" CASCADE");
    }
  }
  TempSchema(const TempSchema&) = delete;
  TempSchema& operator=(const TempSchema&) = delete;

  const PostgresTarget& target() const { return target_; }

 private:
  PostgresTarget target_;
  Log log_{silent_log()};
};

/// Where a test keeps things: BELFRY_TEST_STORE=postgres runs all that do not say it themselves on
/// PostgreSQL.
enum class Kind { sqlite, postgres };
inline Kind chosen_kind() {
  const char* name = std::getenv("BELFRY_TEST_STORE");
  return name != nullptr && std::string_view(name) == "postgres" ? Kind::postgres : Kind::sqlite;
}

/// An empty place for a store of its own. May be opened again, and several times at once.
class TempPlace {
 public:
  explicit TempPlace(Kind kind = chosen_kind()) {
    if (kind == Kind::postgres) schema_.emplace();
  }

  Result<std::unique_ptr<Store>> open(const StoreOptions& options, Publish publish, Log& log,
                                      std::span<const Migration> migrations = all_migrations(),
                                      const std::vector<AppMigrations>& apps = {}) const {
    if (schema_) {
      return open_postgres_store(schema_->target(), options, {}, announce_here(std::move(publish), log), log,
                                 migrations, apps);
    }
    return open_sqlite_store(folder_.file("test.db"), options, std::move(publish), log, migrations, apps);
  }

 private:
  TempFolder folder_;
  std::optional<TempSchema> schema_;
};

/// A store in a place of its own, and what it announced.
class TempStore {
 public:
  explicit TempStore(StoreOptions options = {}, Kind kind = chosen_kind()) : place_(kind), options_(options) {
    open();
  }

  Store& operator*() { return *store_; }
  Store* operator->() { return store_.get(); }
  const TempPlace& place() const { return place_; }

  /// Closes the database and opens it again.
  void reopen() {
    store_.reset();
    open();
  }

  std::vector<SharedEvent> events() const {
    std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  void open() {
    auto opened = place_.open(
        options_,
        [this](const SharedEvent& event) {
          std::lock_guard lock(mutex_);
          events_.push_back(event);
        },
        log_);
    if (!opened) throw std::runtime_error(opened.error().message);
    store_ = std::move(*opened);
  }

  TempPlace place_;
  StoreOptions options_;
  Log log_;
  mutable std::mutex mutex_;
  std::vector<SharedEvent> events_;
  std::unique_ptr<Store> store_;
};

/// Runs both as units of two nodes of one store, so that the first is committed only when the second is done,
/// or is seen to wait for it. Their results.
template <class First, class Second>
auto overlap(TempStore& store, First first, Second second) {
  Log log;
  const auto other = store.place().open({}, [](const SharedEvent&) {}, log).value();
  std::future<std::invoke_result_t<const Second&, Transaction&>> started;
  auto outcome = write(*store, [&](Transaction& tx) {
    auto done = first(tx);
    started = start_write(*other, second);
    (void)started.wait_for(std::chrono::milliseconds(200));
    return done;
  });
  return std::pair(std::move(outcome), wait_for(started));
}

}  // namespace belfry::store::testing
