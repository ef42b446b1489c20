#include "store/sqlite/sqlite_store.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "store/commit_log.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/migrate.h"
#include "store/sqlite/worker.h"
#include "store/unit_queue.h"

namespace belfry::store {

namespace {

class SqliteStore final : public Store {
 public:
  SqliteStore(const StoreOptions& options, Connection writer, std::vector<Connection> readers,
              Publish publish, Log& log)
      : options_(options), writes_(options.queue_max_units), reads_(options.queue_max_units) {
    threads_.emplace_back([this, worker = SqliteWriter(std::move(writer), options_, std::move(publish),
                                                       commits_, log)]() mutable { write_all(worker); });
    for (Connection& reader : readers) {
      threads_.emplace_back(
          [this, worker = SqliteReader(std::move(reader), log)]() mutable { read_all(worker); });
    }
  }

  ~SqliteStore() override { SqliteStore::stop(); }

  void stop() override {
    writes_.close();
    reads_.close();
    threads_.clear();  // joins
  }

  StoreStats stats() const override {
    StoreStats stats;
    commits_.report(stats);
    stats.queued_writes = writes_.size();
    stats.queued_reads = reads_.size();
    stats.refused_units = writes_.refused() + reads_.refused();
    return stats;
  }

 protected:
  void put_write(std::string, std::unique_ptr<Unit> unit) override { put(writes_, std::move(unit)); }
  void put_read(std::unique_ptr<Unit> unit) override { put(reads_, std::move(unit)); }

 private:
  static void put(UnitQueue& queue, std::unique_ptr<Unit> unit) {
    if (queue.put(unit)) return;
    unit->fail({ErrorKind::unavailable, "The store takes no more work"});
    unit->finish();
  }

  void write_all(SqliteWriter& worker) {
    const std::size_t batch_max_units = std::max<std::size_t>(1, options_.batch_max_units);
    for (auto units = writes_.take(batch_max_units); !units.empty(); units = writes_.take(batch_max_units)) {
      worker.run(units);
    }
  }

  void read_all(SqliteReader& worker) {
    for (auto units = reads_.take(1); !units.empty(); units = reads_.take(1)) worker.run(*units.front());
  }

  const StoreOptions options_;
  UnitQueue writes_;
  UnitQueue reads_;
  CommitLog commits_;
  std::vector<std::jthread> threads_;  // the owner's; last, so that they end before what they use
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const StoreOptions& options,
                                                 Publish publish, Log& log,
                                                 std::span<const Migration> migrations,
                                                 const std::vector<AppMigrations>& apps) {
  auto writer = Connection::open(path, Access::read_write, options.busy_timeout, log);
  if (!writer) return std::unexpected(std::move(writer.error()));
  if (auto done = migrate(*writer, migrations, apps); !done) return std::unexpected(std::move(done.error()));
  std::vector<Connection> readers;
  for (unsigned i = 0; i < std::max(1u, options.read_threads); ++i) {
    auto reader = Connection::open(path, Access::read_only, options.busy_timeout, log);
    if (!reader) return std::unexpected(std::move(reader.error()));
    readers.push_back(std::move(*reader));
  }
  return std::make_unique<SqliteStore>(options, std::move(*writer), std::move(readers), std::move(publish),
                                       log);
}

}  // namespace belfry::store
