// What becomes of the events that a batch of units told.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "belfry/log.h"
#include "core/event.h"
#include "store/database.h"

namespace belfry::store {

struct StoreStats;
class Unit;

/// Told on a node that was cut off for longer than the events of others are kept: what listeners know, and
/// what clients were told, is not all any more.
struct EventsLost : LocalEvent {};

/// Owned by the store.
class Announcer {
 public:
  virtual ~Announcer() = default;

  /// Before the first unit of a store that nodes may share: what it needs of the schema is there. Where it
  /// fails, so does opening the store.
  virtual Result<void> start() = 0;
  /// Runs the last statements of a batch that told something, before its commit, in a savepoint. May be run
  /// again after that was rolled back. Where it fails, so does the batch. On the writer's thread.
  virtual Result<void> before_commit(Database& database, std::span<const SharedEvent> events) = 0;
  /// The batch is committed: publishes what it told, and posts the results of its units after that. On the
  /// writer's thread; must not block, nor throw.
  virtual void committed(std::vector<SharedEvent> events, std::vector<std::unique_ptr<Unit>> units) = 0;
  /// `unit` as a read that has its place in the order of commits; it stays where it is, and nothing is
  /// returned, where that takes a write. Any thread.
  virtual std::unique_ptr<Unit> in_order(std::unique_ptr<Unit>& unit) = 0;
  /// Adds what is counted here. Any thread.
  virtual void report(StoreStats& stats) const = 0;
  /// All units are done: publishes and posts what still waits.
  virtual void stop() = 0;
};

/// Called with what units of work told, after their commit and before their results are posted; by one thread
/// at a time, in the order of commits. Must not block.
using Publish = std::function<void(const SharedEvent&)>;

/// What `publish` throws is logged.
void publish_guarded(const Publish& publish, const SharedEvent& event, Log& log);

/// Publishes in this process, and keeps nothing. `log` outlives it.
std::unique_ptr<Announcer> announce_here(Publish publish, Log& log);

}  // namespace belfry::store
