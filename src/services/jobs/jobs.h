// Work in the background that is done in batches, told how far it is, and goes on after a restart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/result.h"
#include "belfry/value.h"
#include "core/event.h"
#include "store/records.h"
#include "store/transaction.h"

namespace belfry::jobs {

struct Job {
  std::string id;  ///< UUID version 7
  std::string app;
  std::string input;   ///< JSON: what is to be done
  std::string cursor;  ///< where to go on; empty: at the beginning
  std::int64_t done = 0;
  std::int64_t total = 0;  ///< as it was counted at the beginning
  bool finished = false;
  store::Time created_at;
};
constexpr auto describe(Type<Job>) {
  return fields(field("id", &Job::id), field("app", &Job::app), field("input", &Job::input),
                field("cursor", &Job::cursor), field("done", &Job::done), field("total", &Job::total),
                field("finished", &Job::finished), field("createdAt", &Job::created_at));
}

/// `{id, state: running|done, done, total, createdAt}`
Value to_json(const Job& job);

/// Told after the commit: whoever does the app's work begins.
struct JobCreated : Event {
  Job job;
};
constexpr auto describe(Type<JobCreated>) {
  return fields(field("job", &JobCreated::job));
}

/// These run inside a unit of work and fail as its statements do.

/// Stores a job and tells `JobCreated`.
Result<Job> create(store::Transaction& tx, std::string_view app, const Value& input, std::int64_t total,
                   WallMs now);
Result<std::optional<Job>> find(store::Transaction& tx, std::string_view app, std::string_view id);
/// Those of an app that are not finished, the oldest first.
Result<std::vector<Job>> unfinished(store::Transaction& tx, std::string_view app);
/// Keeps how far a job is: its cursor, how much is done, whether it is finished. In the unit of the work
/// itself, so that nothing is done twice.
Result<void> advance(store::Transaction& tx, const Job& job);

}  // namespace belfry::jobs
