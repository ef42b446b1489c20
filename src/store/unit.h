// A unit of work with its result, its type erased for the queues.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "belfry/result.h"

namespace belfry::store {

class Transaction;

/// Runs a task where the caller of the store wants its results, e.g. on its shard. Called on any thread.
using Post = std::function<void(std::move_only_function<void()>)>;

/// One unit of work on its way: queued by the caller's thread, run and finished by a worker's.
class Unit {
 public:
  virtual ~Unit() = default;
  /// Runs the work and keeps what it returned. May throw what the work throws. Again where what it did before
  /// was rolled back.
  virtual Result<void> run(Transaction& transaction) = 0;
  /// Puts `error` in the place of the result.
  virtual void fail(Error error) = 0;
  /// Posts the result to whoever asked; once, after run or fail.
  virtual void finish() = 0;
};

template <class R, class Work, class Done>
class UnitOf final : public Unit {
 public:
  UnitOf(Post post, Work work, Done done)
      : post_(std::move(post)), work_(std::move(work)), done_(std::move(done)) {}

  Result<void> run(Transaction& transaction) override {
    const Work& work = work_;  // so that it can be run again
    result_.emplace(work(transaction));
    if (!*result_) return std::unexpected(result_->error());
    return {};
  }
  void fail(Error error) override { result_.emplace(std::unexpected(std::move(error))); }
  void finish() override {
    post_([done = std::move(done_), result = std::move(*result_)]() mutable { done(std::move(result)); });
  }

 private:
  Post post_;
  Work work_;
  Done done_;
  std::optional<R> result_;
};

template <class Work, class Done>
std::unique_ptr<Unit> make_unit(Post post, Work work, Done done) {
  using R = std::invoke_result_t<const Work&, Transaction&>;
  static_assert(std::is_same_v<typename R::error_type, Error>, "a unit of work returns a Result");
  return std::make_unique<UnitOf<R, Work, Done>>(std::move(post), std::move(work), std::move(done));
}

}  // namespace belfry::store
