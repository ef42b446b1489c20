// The events of all nodes that share a database.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "core/event_forms.h"
#include "store/announcer.h"
#include "store/ordered_read.h"
#include "store/postgres/connection.h"
#include "store/postgres/wake.h"
#include "store/sequencer.h"

namespace belfry {
class Log;
}

namespace belfry::store {

struct OutboxOptions {
  SequencerOptions sequencer;
  /// How often it is read without being woken, and how soon again where the database is away.
  std::chrono::milliseconds poll{250};
  /// How long events are kept for nodes that are cut off.
  std::chrono::milliseconds keep{600'000};
};

/// Writes what this node's batches told to the table `outbox`, reads there what others did, and publishes all
/// of it in one order (Sequencer). It has a connection and a thread of its own, which begin with `start`.
/// `before_commit` belongs to the writer's thread; the rest may be called on any. `publish` is called by one
/// thread at a time.
///
/// What another version has written and this one cannot read is logged, counted and skipped. Where events
/// were removed before this node could read them, `EventsLost` is published in their place.
class Outbox final : public Announcer, public PlacesOfReads {
 public:
  static constexpr const char* kChannel = "belfry_outbox";

  /// `connection` listens to `kChannel`; `log` outlives it.
  Outbox(const OutboxOptions& options, EventForms forms, Publish publish,
         std::unique_ptr<PostgresConnection> connection, Log& log);
  ~Outbox() override;

  /// Begins at the head.
  Result<void> start() override;

  Result<void> before_commit(Database& database, std::span<const SharedEvent> events) override;
  void committed(std::vector<SharedEvent> events, std::vector<std::unique_ptr<Unit>> units) override;
  std::unique_ptr<Unit> in_order(std::unique_ptr<Unit>& unit) override;
  void stop() override;
  void report(StoreStats& stats) const override;

  std::size_t open_place() override;
  void fix_place(std::size_t place, std::int64_t number) override;
  void fill_place(std::size_t place, std::vector<SharedEvent> events, std::unique_ptr<Unit> unit) override;

 private:
  struct Row {
    std::int64_t number;
    std::string type;
    std::string data;
  };
  struct Rows {
    std::int64_t head = 0;
    std::vector<Row> rows;
  };

  // Does `work` with the sequencer, and has the outbox read where that is needed.
  template <class Work>
  void with_sequencer(Work work);
  SharedEvent event_of(const Row& row);
  void complain_once(const std::string& type, std::string_view what);

  // On its thread.
  void run();
  void wait();
  // Whether there may be more at once.
  bool read();
  Result<Rows> rows_after(std::int64_t number);
  void clean();
  void drain();

  const OutboxOptions options_;
  const EventForms forms_;
  const Publish publish_;
  Log& log_;
  const std::string node_;
  std::vector<std::int64_t> numbers_;  // of the batch that is being committed; belongs to the writer's thread
  std::unique_ptr<PostgresConnection> connection_;  // belongs to the thread
  TimePoint clean_at_;                              // likewise
  Wake wake_;

  mutable std::mutex mutex_;  // protects what follows
  std::unique_ptr<Sequencer> sequencer_;
  std::set<std::string> complained_;
  std::uint64_t skipped_ = 0;
  std::uint64_t lost_ = 0;
  TimePoint current_at_;  // when all was last known to be published
  bool stopping_ = false;

  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace belfry::store
