// The store: units of work, committed in groups, whatever the database behind it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/clock.h"
#include "store/transaction.h"
#include "store/unit.h"

namespace belfry::store {

/// The bounds of a store.
struct StoreOptions {
  /// Units of work waiting, writes and reads each; past it they are refused with `unavailable`.
  std::size_t queue_max_units = 100'000;
  /// A commit takes at most so many units, and no more once they have taken `batch_max_time`: what bounds how
  /// long the first waits for the last.
  std::size_t batch_max_units = 1'000;
  std::chrono::milliseconds batch_max_time{25};
  unsigned read_threads = 2;  ///< each with a connection of its own; at least 1
  /// How long a unit waits for another process that holds what it needs.
  std::chrono::milliseconds lock_timeout{5'000};
};

/// How it goes with the events of all nodes.
struct SharingStats {
  std::chrono::nanoseconds lag{0};  ///< since this node knew last that it had published everything
  std::int64_t published = 0;       ///< the number of the last event that was published
  std::size_t waiting = 0;          ///< events that are known, but wait for one before them
  std::uint64_t skipped = 0;        ///< events that could not be read
  std::uint64_t lost = 0;           ///< how often `EventsLost` was told
  std::uint64_t late_results = 0;   ///< that were posted before what their units told was published
};

/// What the store has done since it was opened.
struct StoreStats {
  /// Upper bounds of the buckets of commit times; one more bucket holds what is longer.
  static constexpr std::array<int, 10> kCommitBoundsMs = {1, 2, 5, 10, 25, 50, 100, 250, 500, 1'000};

  std::size_t queued_writes = 0;
  std::size_t queued_reads = 0;
  std::uint64_t refused_units = 0;  ///< the queue was full, or the store was stopping
  std::uint64_t committed_units =
      0;  ///< those that were rolled back for an error of their own are not counted
  std::uint64_t failed_commits = 0;
  std::uint64_t commits = 0;
  std::chrono::nanoseconds commit_time{0};  ///< the sum over `commits`
  std::array<std::uint64_t, kCommitBoundsMs.size() + 1> commit_buckets{};
  /// Where nodes share a database.
  std::optional<SharingStats> sharing;
};

/// Owned by the server, outlives everything that uses it. `write`, `read` and `stats` may be called on any
/// thread.
///
/// A unit of work is `Result<T>(Transaction&)`: a plain function that runs on a worker thread, so it captures
/// values only, and may be run after its caller has gone. It is run again where it had to give way to another
/// node and was rolled back, so it changes nothing that it captured. `done` is `void(Result<T>)` and is
/// always run through `post`, exactly once, also where the unit is refused. Besides what the unit itself
/// returns, the result may be `unavailable` (queue full, stopping, commit failed) or `internal` (the unit
/// threw; the exception is logged).
class Store {
 public:
  virtual ~Store() = default;

  /// Runs `work` in a transaction of its own making. Units of one key are run, and their results posted, in
  /// the order of the calls. The result is posted after the commit: a success is on the disk.
  template <class Work, class Done>
  void write(Post post, std::string key, Work work, Done done) {
    put_write(std::move(key), make_unit(std::move(post), std::move(work), std::move(done)));
  }

  /// Runs `work` on one snapshot of what is committed, beside the writers; it cannot change anything, and
  /// reads keep no order among themselves. Sees every write whose result has been posted.
  template <class Work, class Done>
  void read(Post post, Work work, Done done) {
    put_read(make_unit(std::move(post), std::move(work), std::move(done)));
  }

  /// Runs `work`, which changes nothing, at one point in the order of commits: what it tells is announced
  /// after all that it could see, and before all that it could not.
  template <class Work, class Done>
  void read_in_order(Post post, Work work, Done done) {
    put_read_in_order(make_unit(std::move(post), std::move(work), std::move(done)));
  }

  /// Finishes the units that are queued, refuses what comes after, ends the threads. What has not begun by
  /// `until` is `unavailable`. Called by the owner; a second call does nothing.
  void stop(TimePoint until = TimePoint::max()) { end(until); }

  virtual StoreStats stats() const = 0;

 protected:
  virtual void put_write(std::string key, std::unique_ptr<Unit> unit) = 0;
  virtual void put_read(std::unique_ptr<Unit> unit) = 0;
  virtual void put_read_in_order(std::unique_ptr<Unit> unit) = 0;
  virtual void end(TimePoint until) = 0;
};

}  // namespace belfry::store
