// What the threads of a store do with the units they take.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "store/announcer.h"
#include "store/commit_log.h"
#include "store/database.h"
#include "store/store.h"
#include "store/unit.h"
#include "store/unit_transaction.h"

namespace belfry {
class Log;
}

namespace belfry::store {

/// Finishes units that are not run: the store is not available.
void fail_all(std::span<std::unique_ptr<Unit>> units);

/// Runs units on one connection that writes, many to a commit. Belongs to the writer's thread.
///
/// A unit that has to give way to another node is rolled back alone: what came before it is committed, so
/// that nobody waits for this batch any more, and it begins the next one, where it is run again, after pauses
/// of random length, until it succeeds or `options.lock_timeout` is over.
class BatchRunner {
 public:
  BatchRunner(std::unique_ptr<Database> database, const StoreOptions& options, Announcer& announcer,
              CommitLog& commits, Log& log)
      : database_(std::move(database)),
        options_(options),
        announcer_(announcer),
        commits_(commits),
        log_(log) {}

  /// Runs and finishes all of `units`, in order; those are not run for which it is too late.
  void run(std::span<std::unique_ptr<Unit>> units, const std::function<bool()>& is_late);

 private:
  enum class Outcome { keep, drop, again };

  // One commit of the first of `units`; returns how many it took, at least one.
  std::size_t run_batch(std::span<std::unique_ptr<Unit>> units);
  // Units of the batch after the first that it is to take in.
  std::size_t run_units(std::span<std::unique_ptr<Unit>> units, std::vector<SharedEvent>& events,
                        std::size_t& good);
  // Waits for other nodes.
  Outcome run_first(Unit& unit, std::vector<SharedEvent>& events);
  // Nothing is held meanwhile. Whether the transaction is open again.
  bool let_others_go_first();
  // Under a savepoint of its own.
  Outcome run_unit(Unit& unit, std::vector<SharedEvent>& events);
  Result<void> close_savepoint(bool keep);
  Result<void> announce(std::span<const SharedEvent> events);
  Result<void> commit(const std::vector<SharedEvent>& events, std::size_t good_units);

  std::unique_ptr<Database> database_;
  const StoreOptions& options_;
  Announcer& announcer_;
  CommitLog& commits_;
  Log& log_;
  std::minstd_rand random_{std::random_device()()};
};

/// Runs units that only read, each on a snapshot. Belongs to a reader's thread.
class ReadRunner {
 public:
  ReadRunner(std::unique_ptr<Database> database, Log& log) : database_(std::move(database)), log_(log) {}
  void run(Unit& unit);

 private:
  std::unique_ptr<Database> database_;
  Log& log_;
};

}  // namespace belfry::store
