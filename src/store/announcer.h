// What becomes of the events that a batch of units told.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "belfry/log.h"
#include "core/event.h"
#include "store/database.h"

namespace belfry::store {

/// Owned by the writer of a store, on its thread; asked only where a batch told something.
class Announcer {
 public:
  virtual ~Announcer() = default;

  /// Runs the last statements of a batch, before its commit, in a savepoint. May be run again after that was
  /// rolled back. Where it fails, so does the batch.
  virtual Result<void> before_commit(Database& database, std::span<const SharedEvent> events) = 0;
  /// The batch is committed, and its results are not posted yet. Must not block, nor throw.
  virtual void committed(std::span<const SharedEvent> events) = 0;
};

/// Called with what units of work told, after their commit and before their results are posted; on the thread
/// of the worker that committed, in the order of commits. Must not block.
using Publish = std::function<void(const SharedEvent&)>;

/// Publishes in this process, and keeps nothing. `log` outlives it.
std::unique_ptr<Announcer> announce_here(Publish publish, Log& log);

}  // namespace belfry::store
