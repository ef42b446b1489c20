// Threads for work that takes long and waits for nothing.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/task.h"

namespace belfry::runtime {

/// Owned by whoever needs it, outlives those who post. `post` may be called on any thread. Tasks must not
/// throw.
class WorkerPool {
 public:
  /// At most `max_waiting` tasks wait.
  WorkerPool(std::size_t threads, std::size_t max_waiting);
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False, and the task is destroyed unrun: too many wait, or the pool has stopped.
  [[nodiscard]] bool post(Task task);
  /// Finishes what runs, destroys what waits, ends the threads. Idempotent; not from a task.
  void stop();

 private:
  void run();

  const std::size_t max_waiting_;
  std::mutex mutex_;  // protects what follows, but for the threads
  std::condition_variable filled_;
  std::deque<Task> waiting_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace belfry::runtime
