// A shard: one thread, one libuv loop, and everything that lives on it for life.
#pragma once

#include <uv.h>

#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "runtime/mailbox.h"
#include "runtime/task.h"
#include "runtime/timer_queue.h"

namespace belfry::runtime {

/// One event loop. Built on the thread that starts the server; from `start()` on, all but `post` belongs to
/// the shard's own thread.
class Shard {
 public:
  /// Told of exceptions out of what runs on the shard; on its thread.
  using OnDefect = std::function<void(const std::exception&)>;

  /// `family`: what all shards that post to each other have in common.
  Shard(unsigned index, const void* family, OnDefect on_defect = {});
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  unsigned index() const { return index_; }
  uv_loop_t* loop() { return &loop_; }

  /// Any thread: runs `task` on this shard, after what the same thread posted before. What one turn of a
  /// shard posts to another of its family leaves together at the turn's end. What is posted after the loop
  /// has ended is destroyed unrun.
  void post(Task task);
  /// Runs `task` at once when called on this shard, else posts it.
  void run_or_post(Task task);
  bool is_current() const { return current() == this; }
  /// The shard whose thread this is, or null.
  static Shard* current();

  /// The loop's time: read once a turn, exact to a millisecond.
  TimePoint now() const { return TimePoint(milliseconds(uv_now(&loop_))); }
  /// Calls `task` once, `delay` from now (at least one turn later).
  [[nodiscard]] Timer after(milliseconds delay, Task task);
  [[nodiscard]] Timer at(TimePoint deadline, Task task);

  /// Called at the end of every turn of the loop in which something may have happened: before it waits.
  void on_turn_end(Task hook) { turn_end_hooks_.push_back(std::move(hook)); }

  /// Runs `call`, as the shard does with tasks and hooks: an exception out of it is a defect, which is
  /// reported and ends nothing else. Returns whether there was none.
  template <class Call>
  bool guarded(Call&& call) {
    try {
      call();
      return true;
    } catch (const std::exception& defect) {
      if (on_defect_) on_defect_(defect);
      return false;
    }
  }

  void start();
  /// Instead of its thread: one turn of the loop, which waits for nothing.
  void turn();
  /// Any thread: ends the loop after the current turn.
  void stop();
  /// Waits until the thread has ended.
  void join();
  /// After the thread has ended: destroys what has not run, timers' tasks too; whether there was any. What
  /// they own may post as it dies.
  bool discard();

 private:
  void run();
  void run_posted();
  void end_turn();
  void deliver();
  void arm_timer();

  const unsigned index_;
  const void* const family_;
  const OnDefect on_defect_;
  uv_loop_t loop_;
  uv_async_t wake_;
  uv_timer_t timer_;
  uv_prepare_t prepare_;
  uv_check_t check_;
  Mailbox mailbox_;
  std::vector<Task> running_;              // what run_posted took, kept for its room
  std::vector<std::vector<Task>> outbox_;  // for other shards, by their index; leaves at the end of the turn
  std::vector<Shard*> addressees_;         // those with something in the outbox
  TimerQueue timers_;
  std::vector<Task> turn_end_hooks_;
  std::thread thread_;
};

}  // namespace belfry::runtime
