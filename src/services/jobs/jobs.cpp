#include "services/jobs/jobs.h"

#include <memory>
#include <utility>

#include "core/ids.h"

namespace belfry::jobs {

using store::Transaction;

Value to_json(const Job& job) {
  return {{"id", job.id},
          {"state", job.finished ? "done" : "running"},
          {"done", job.done},
          {"total", job.total},
          {"createdAt", job.created_at}};
}

Result<Job> create(Transaction& tx, std::string_view app, const Value& input, std::int64_t total,
                   WallMs now) {
  Job job{.id = make_uuid7(),
          .app = std::string(app),
          .input = input.dump(-1, ' ', false, Value::error_handler_t::replace),
          .cursor = {},
          .done = 0,
          .total = total,
          .finished = false,
          .created_at = {now}};
  if (auto kept = store::insert(tx, "jobs", job); !kept) return std::unexpected(kept.error());
  auto event = std::make_shared<JobCreated>();
  event->job = job;
  tx.tell(std::move(event));
  return job;
}

Result<std::optional<Job>> find(Transaction& tx, std::string_view app, std::string_view id) {
  return store::find<Job>(tx, "jobs", "app = $1 AND id = $2", {app, id});
}

Result<std::vector<Job>> unfinished(Transaction& tx, std::string_view app) {
  return store::list<Job>(tx, "jobs", "app = $1 AND finished = 0 ORDER BY id", {app});
}

Result<void> advance(Transaction& tx, const Job& job) {
  const auto done = tx.run("UPDATE jobs SET cursor = $2, done = $3, finished = $4 WHERE id = $1",
                           {job.id, job.cursor, job.done, job.finished ? 1 : 0});
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace belfry::jobs
