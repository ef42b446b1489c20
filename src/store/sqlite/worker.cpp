#include "store/sqlite/worker.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>

#include "belfry/log.h"
#include "store/sqlite/transaction.h"

namespace belfry::store {

namespace {

using Clock = std::chrono::steady_clock;

// Runs the unit; whether it came to something that may be kept. An exception out of it is a defect, and this
// unit's alone.
bool run_guarded(Unit& unit, SqliteTransaction& transaction, Log& log) {
  Result<void> outcome;
  try {
    outcome = unit.run(transaction);
  } catch (const std::exception& exception) {
    log.error("store", "a unit of work threw", {{"exception", exception.what()}});
    outcome = fail(ErrorKind::internal, "Internal error");
  } catch (...) {
    log.error("store", "a unit of work threw something that is no exception");
    outcome = fail(ErrorKind::internal, "Internal error");
  }
  if (outcome && transaction.failure()) outcome = std::unexpected(*transaction.failure());
  if (!outcome) unit.fail(outcome.error());
  return outcome.has_value();
}

}  // namespace

void SqliteWriter::run(std::span<std::unique_ptr<Unit>> units) {
  while (!units.empty()) units = units.subspan(run_batch(units));
}

std::size_t SqliteWriter::run_batch(std::span<std::unique_ptr<Unit>> units) {
  if (!connection_.run("BEGIN IMMEDIATE")) {
    fail_all(units);
    return units.size();
  }
  const auto deadline = Clock::now() + options_.batch_max_time;
  std::vector<SharedEvent> events;
  std::size_t count = 0;
  std::size_t good = 0;
  do {
    if (run_unit(*units[count++], events)) ++good;
  } while (connection_.in_transaction() && count < units.size() && Clock::now() < deadline);

  const auto batch = units.first(count);
  if (!commit(good)) {
    fail_all(batch);
    return count;
  }
  publish_all(events);
  for (const auto& unit : batch) unit->finish();
  return count;
}

void SqliteWriter::publish_all(const std::vector<SharedEvent>& events) {
  for (const auto& event : events) {
    try {
      publish_(event);
    } catch (const std::exception& exception) {
      log_.error("store", "a listener threw", {{"exception", exception.what()}});
    }
  }
}

bool SqliteWriter::run_unit(Unit& unit, std::vector<SharedEvent>& events) {
  SqliteTransaction transaction(connection_, Access::read_write);
  if (auto saved = connection_.run("SAVEPOINT unit"); !saved) {
    unit.fail(std::move(saved.error()));
    return false;
  }
  const bool good = run_guarded(unit, transaction, log_);
  if (!close_savepoint(good)) connection_.roll_back();
  if (good) std::ranges::move(transaction.events(), std::back_inserter(events));
  return good;
}

Result<void> SqliteWriter::close_savepoint(bool keep) {
  if (!connection_.in_transaction()) return {};
  if (!keep) {
    if (auto undone = connection_.run("ROLLBACK TO unit"); !undone) return undone;
  }
  return connection_.run("RELEASE unit");
}

Result<void> SqliteWriter::commit(std::size_t good_units) {
  const auto start = Clock::now();
  auto done = connection_.in_transaction() ? connection_.run("COMMIT")
                                           : fail(ErrorKind::unavailable, "The store is not available");
  if (!done) {
    commits_.failed();
    connection_.roll_back();
    log_.error("store", "a commit failed", {{"reason", done.error().message}});
    return done;
  }
  commits_.committed(good_units, Clock::now() - start);
  return done;
}

void SqliteWriter::fail_all(std::span<std::unique_ptr<Unit>> units) {
  for (const auto& unit : units) {
    unit->fail({ErrorKind::unavailable, "The store is not available"});
    unit->finish();
  }
}

void SqliteReader::run(Unit& unit) {
  if (auto begun = connection_.run("BEGIN"); !begun) {
    unit.fail(std::move(begun.error()));
  } else {
    SqliteTransaction transaction(connection_, Access::read_only);
    run_guarded(unit, transaction, log_);
    connection_.roll_back();
  }
  unit.finish();
}

}  // namespace belfry::store
