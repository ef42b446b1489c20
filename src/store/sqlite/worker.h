// What the threads of the SQLite store do with the units they take.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "store/commit_log.h"
#include "store/sqlite/connection.h"
#include "store/store.h"
#include "store/unit.h"

namespace belfry {
class Log;
}

namespace belfry::store {

/// Runs units on the one connection that writes, many to a commit. Belongs to the writer's thread.
class SqliteWriter {
 public:
  SqliteWriter(Connection connection, const StoreOptions& options, Publish publish, CommitLog& commits,
               Log& log)
      : connection_(std::move(connection)),
        options_(options),
        publish_(std::move(publish)),
        commits_(commits),
        log_(log) {}

  /// Runs and finishes all of `units`, in order.
  void run(std::span<std::unique_ptr<Unit>> units);

 private:
  // One commit of the first of `units`; returns how many it took.
  std::size_t run_batch(std::span<std::unique_ptr<Unit>> units);
  // Under a savepoint of its own. Returns whether it may be committed.
  bool run_unit(Unit& unit, std::vector<SharedEvent>& events);
  Result<void> close_savepoint(bool keep);
  Result<void> commit(std::size_t good_units);
  void publish_all(const std::vector<SharedEvent>& events);
  void fail_all(std::span<std::unique_ptr<Unit>> units);

  Connection connection_;
  const StoreOptions& options_;
  Publish publish_;
  CommitLog& commits_;
  Log& log_;
};

/// Runs units that only read, each on a snapshot. Belongs to a reader's thread.
class SqliteReader {
 public:
  SqliteReader(Connection connection, Log& log) : connection_(std::move(connection)), log_(log) {}
  void run(Unit& unit);

 private:
  Connection connection_;
  Log& log_;
};

}  // namespace belfry::store
