#include "runtime/shard.h"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>

namespace belfry::runtime {

namespace {
// Which shard this thread is: what a thread is, is a thread's own.
thread_local Shard* current_shard = nullptr;  // NOLINT(*-non-const-global-variables)
}  // namespace

Shard* Shard::current() {
  return current_shard;
}

Shard::Shard(unsigned index, const void* family, OnDefect on_defect)
    : index_(index), family_(family), on_defect_(std::move(on_defect)) {
  if (uv_loop_init(&loop_) != 0) throw std::runtime_error("cannot create an event loop");
  loop_.data = this;
  uv_async_init(&loop_, &wake_, [](uv_async_t* handle) { static_cast<Shard*>(handle->data)->run_posted(); });
  uv_timer_init(&loop_, &timer_);
  uv_prepare_init(&loop_, &prepare_);
  uv_check_init(&loop_, &check_);
  wake_.data = timer_.data = prepare_.data = check_.data = this;
}

Shard::~Shard() {
  join();
  while (discard()) {
  }
  // Whoever opened handles on this loop has closed them by now or closes them here; run their close
  // callbacks.
  uv_walk(
      &loop_,
      [](uv_handle_t* handle, void*) {
        if (!uv_is_closing(handle)) uv_close(handle, nullptr);
      },
      nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
  uv_loop_close(&loop_);
}

void Shard::post(Task task) {
  Shard* here = current();
  if (here == nullptr || here == this || here->family_ != family_) {
    if (mailbox_.put(std::move(task))) uv_async_send(&wake_);
    return;
  }
  if (here->outbox_.size() <= index_) here->outbox_.resize(index_ + 1);
  if (here->outbox_[index_].empty()) here->addressees_.push_back(this);
  here->outbox_[index_].push_back(std::move(task));
}

// One wake-up for all that a turn had to say: the other shard handles it in one turn as well.
void Shard::deliver() {
  for (Shard* to : addressees_) {
    if (to->mailbox_.put_all(outbox_[to->index_])) uv_async_send(&to->wake_);
  }
  addressees_.clear();
}

void Shard::run_or_post(Task task) {
  if (is_current()) {
    task();
  } else {
    post(std::move(task));
  }
}

Timer Shard::after(milliseconds delay, Task task) {
  return at(later(now(), delay), std::move(task));
}

Timer Shard::at(TimePoint deadline, Task task) {
  Timer timer = timers_.at(deadline, [this, task = std::move(task)]() mutable { guarded(task); });
  if (timers_.next_deadline() == deadline) arm_timer();
  return timer;
}

void Shard::arm_timer() {
  const auto deadline = timers_.next_deadline();
  if (!deadline) {
    uv_timer_stop(&timer_);
    return;
  }
  const auto wait = std::chrono::ceil<milliseconds>(*deadline - now()).count();
  uv_timer_start(
      &timer_,
      [](uv_timer_t* handle) {
        auto* shard = static_cast<Shard*>(handle->data);
        shard->timers_.advance(shard->now());
        shard->arm_timer();
        // One that is due at once would fire in this turn, again and again (libuv 1.44).
        const bool armed = uv_is_active(reinterpret_cast<uv_handle_t*>(handle)) != 0;
        if (armed && uv_timer_get_due_in(handle) == 0) uv_timer_start(handle, handle->timer_cb, 1, 0);
      },
      static_cast<std::uint64_t>(std::max<long>(wait, 0)), 0);
}

void Shard::start() {
  uv_prepare_start(&prepare_, [](uv_prepare_t* handle) { static_cast<Shard*>(handle->data)->end_turn(); });
  uv_check_start(&check_, [](uv_check_t* handle) { static_cast<Shard*>(handle->data)->end_turn(); });
  thread_ = std::thread([this] { run(); });
}

void Shard::turn() {
  Shard* const before = std::exchange(current_shard, this);
  uv_run(&loop_, UV_RUN_NOWAIT);
  end_turn();
  current_shard = before;
}

void Shard::stop() {
  post([this] { uv_stop(&loop_); });
}

void Shard::join() {
  if (thread_.joinable()) thread_.join();
}

bool Shard::discard() {
  std::vector<Task> posted;
  mailbox_.take_all(posted);
  bool any = !posted.empty();
  for (auto& tasks : std::exchange(outbox_, {})) any |= !tasks.empty();
  addressees_.clear();
  return timers_.clear() || any;
}

void Shard::run() {
  current_shard = this;
  uv_run(&loop_, UV_RUN_DEFAULT);
  current_shard = nullptr;
}

void Shard::run_posted() {
  std::vector<Task> tasks;
  tasks.swap(running_);
  mailbox_.take_all(tasks);
  for (Task& task : tasks) guarded(task);
  tasks.clear();
  running_.swap(tasks);
}

void Shard::end_turn() {
  deliver();  // first, so that the others begin while the hooks write
  for (Task& hook : turn_end_hooks_) guarded(hook);
  deliver();
}

}  // namespace belfry::runtime

#ifdef __SANITIZE_THREAD__
// libuv closes descriptors by a system call that the sanitizer does not see: the number's next use would look
// like a race.
extern "C" const char* __tsan_default_suppressions();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "called_from_lib:libuv.so.1";
}
#endif
