#include "store/worker_store.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "store/batch.h"
#include "store/commit_log.h"
#include "store/unit_queue.h"

namespace belfry::store {

namespace {

class WorkerStore final : public Store {
 public:
  WorkerStore(const StoreOptions& options, Connections connections, std::unique_ptr<Announcer> announcer,
              Log& log)
      : options_(options),
        writes_(options.queue_max_units),
        reads_(options.queue_max_units),
        announcer_(std::move(announcer)) {
    threads_.emplace_back([this, worker = BatchRunner(std::move(connections.writer), options_, *announcer_,
                                                      commits_, log)]() mutable { write_all(worker); });
    for (auto& reader : connections.readers) {
      threads_.emplace_back(
          [this, worker = ReadRunner(std::move(reader), log)]() mutable { read_all(worker); });
    }
  }

  ~WorkerStore() override { WorkerStore::end(TimePoint::max()); }

  StoreStats stats() const override {
    StoreStats stats;
    commits_.report(stats);
    stats.queued_writes = writes_.size();
    stats.queued_reads = reads_.size();
    stats.refused_units = writes_.refused() + reads_.refused();
    announcer_->report(stats);
    return stats;
  }

 protected:
  void put_write(std::string, std::unique_ptr<Unit> unit) override { put(writes_, std::move(unit)); }
  void put_read(std::unique_ptr<Unit> unit) override { put(reads_, std::move(unit)); }
  void put_read_in_order(std::unique_ptr<Unit> unit) override {
    auto read = announcer_->in_order(unit);
    read ? put(reads_, std::move(read)) : put(writes_, std::move(unit));
  }

  void end(TimePoint until) override {
    writes_.close(until);
    reads_.close(until);
    threads_.clear();  // joins
    announcer_->stop();
  }

 private:
  static void put(UnitQueue& queue, std::unique_ptr<Unit> unit) {
    if (queue.put(unit)) return;
    unit->fail({ErrorKind::unavailable, "The store takes no more work"});
    unit->finish();
  }

  void write_all(BatchRunner& worker) {
    const std::size_t batch_max_units = std::max<std::size_t>(1, options_.batch_max_units);
    for (auto units = writes_.take(batch_max_units); !units.empty(); units = writes_.take(batch_max_units)) {
      worker.run(units, [this] { return writes_.is_over(); });
    }
  }

  void read_all(ReadRunner& worker) {
    for (auto units = reads_.take(1); !units.empty(); units = reads_.take(1)) {
      reads_.is_over() ? fail_all(units) : worker.run(*units.front());
    }
  }

  const StoreOptions options_;
  UnitQueue writes_;
  UnitQueue reads_;
  CommitLog commits_;
  const std::unique_ptr<Announcer> announcer_;
  std::vector<std::jthread> threads_;  // the owner's; last, so that they end before what they use
};

}  // namespace

std::unique_ptr<Store> start_store(const StoreOptions& options, Connections connections,
                                   std::unique_ptr<Announcer> announcer, Log& log) {
  return std::make_unique<WorkerStore>(options, std::move(connections), std::move(announcer), log);
}

}  // namespace belfry::store
