// The one queue between threads.
#pragma once

#include <algorithm>
#include <iterator>
#include <mutex>
#include <vector>

#include "runtime/task.h"

namespace belfry::runtime {

/// Tasks from any thread for one thread. Tasks of one sender keep their order.
class Mailbox {
 public:
  /// Returns whether the box was empty: then its reader must be woken.
  bool put(Task task) {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    return tasks_.size() == 1;
  }

  /// The same for several, which it takes out of `tasks`.
  bool put_all(std::vector<Task>& tasks) {
    std::lock_guard lock(mutex_);
    const bool was_empty = tasks_.empty();
    std::ranges::move(tasks, std::back_inserter(tasks_));
    tasks.clear();
    return was_empty;
  }

  /// Everything that is there, oldest first. `out` is emptied and its room is reused.
  void take_all(std::vector<Task>& out) {
    out.clear();
    std::lock_guard lock(mutex_);
    out.swap(tasks_);
  }

 private:
  std::mutex mutex_;
  std::vector<Task> tasks_;  // protected by mutex_
};

}  // namespace belfry::runtime
