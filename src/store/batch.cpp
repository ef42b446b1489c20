#include "store/batch.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <thread>

#include "belfry/log.h"

namespace belfry::store {

namespace {

using Clock = std::chrono::steady_clock;

// At most so long one node lets the other go first.
constexpr std::chrono::milliseconds kMostPause{100};

Error unavailable() {
  return {ErrorKind::unavailable, "The store is not available"};
}

// Runs the unit; whether it came to something that may be kept. An exception out of it is a defect, and this
// unit's alone.
bool run_guarded(Unit& unit, UnitTransaction& transaction, Log& log) {
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

void fail_all(std::span<std::unique_ptr<Unit>> units) {
  for (const auto& unit : units) {
    unit->fail(unavailable());
    unit->finish();
  }
}

void BatchRunner::run(std::span<std::unique_ptr<Unit>> units, const std::function<bool()>& is_late) {
  while (!units.empty() && !is_late()) units = units.subspan(run_batch(units));
  fail_all(units);
}

std::size_t BatchRunner::run_batch(std::span<std::unique_ptr<Unit>> units) {
  if (!database_->begin(Purpose::write)) {
    fail_all(units);
    return units.size();
  }
  std::vector<SharedEvent> events;
  std::size_t good = 0;
  const auto batch = units.first(run_units(units, events, good));
  if (!commit(events, good)) {
    fail_all(batch);
    return batch.size();
  }
  std::vector<std::unique_ptr<Unit>> done(std::make_move_iterator(batch.begin()),
                                          std::make_move_iterator(batch.end()));
  announcer_.committed(std::move(events), std::move(done));
  return batch.size();
}

std::size_t BatchRunner::run_units(std::span<std::unique_ptr<Unit>> units, std::vector<SharedEvent>& events,
                                   std::size_t& good) {
  const auto deadline = Clock::now() + options_.batch_max_time;
  std::size_t count = 0;
  do {
    const Outcome outcome = count == 0 ? run_first(*units[0], events) : run_unit(*units[count], events);
    if (outcome == Outcome::again) break;
    if (outcome == Outcome::keep) ++good;
    ++count;
  } while (database_->in_transaction() && count < units.size() && Clock::now() < deadline);
  return count;
}

BatchRunner::Outcome BatchRunner::run_first(Unit& unit, std::vector<SharedEvent>& events) {
  const auto deadline = Clock::now() + options_.lock_timeout;
  for (;;) {
    const Outcome outcome = run_unit(unit, events);
    if (outcome != Outcome::again) return outcome;
    if (Clock::now() >= deadline || !let_others_go_first()) return Outcome::drop;
  }
}

// Two that gave way to each other at the same time would meet again, and again, if both came back at once.
bool BatchRunner::let_others_go_first() {
  database_->roll_back();
  std::uniform_int_distribution<std::chrono::milliseconds::rep> pause(0, kMostPause.count());
  std::this_thread::sleep_for(std::chrono::milliseconds(pause(random_)));
  return database_->begin(Purpose::write).has_value();
}

BatchRunner::Outcome BatchRunner::run_unit(Unit& unit, std::vector<SharedEvent>& events) {
  UnitTransaction transaction(*database_, Purpose::write);
  if (auto saved = database_->run_later("SAVEPOINT unit"); !saved) {
    unit.fail(std::move(saved.error()));
    return Outcome::drop;
  }
  const bool good = run_guarded(unit, transaction, log_);
  if (!close_savepoint(good)) database_->roll_back();
  if (good) std::ranges::move(transaction.events(), std::back_inserter(events));
  if (good) return Outcome::keep;
  return transaction.failure() && database_->gave_way() ? Outcome::again : Outcome::drop;
}

Result<void> BatchRunner::close_savepoint(bool keep) {
  if (!database_->in_transaction()) return {};
  if (!keep) {
    if (auto undone = database_->run_later("ROLLBACK TO unit"); !undone) return undone;
  }
  return database_->run_later("RELEASE unit");
}

Result<void> BatchRunner::announce(std::span<const SharedEvent> events) {
  if (events.empty() || !database_->in_transaction()) return {};
  const auto deadline = Clock::now() + options_.lock_timeout;
  for (;;) {
    auto done = database_->run_later("SAVEPOINT unit");
    if (done) done = announcer_.before_commit(*database_, events);
    const bool again = !done && database_->gave_way() && Clock::now() < deadline;
    if (auto closed = close_savepoint(done.has_value()); !closed) return closed;
    if (!again) return done;
  }
}

Result<void> BatchRunner::commit(const std::vector<SharedEvent>& events, std::size_t good_units) {
  const auto start = Clock::now();
  auto done = announce(events);
  if (done) done = database_->in_transaction() ? database_->commit() : std::unexpected(unavailable());
  if (!done) {
    commits_.failed();
    database_->roll_back();
    log_.error("store", "a commit failed", {{"reason", done.error().message}});
    return done;
  }
  commits_.committed(good_units, Clock::now() - start);
  return done;
}

void ReadRunner::run(Unit& unit) {
  if (auto begun = database_->begin(Purpose::read); !begun) {
    unit.fail(std::move(begun.error()));
    unit.finish();
    return;
  }
  UnitTransaction transaction(*database_, Purpose::read);
  run_guarded(unit, transaction, log_);
  unit.finish();
  database_->roll_back();
}

}  // namespace belfry::store
