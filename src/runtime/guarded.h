// A value that several threads change.
#pragma once

#include <mutex>
#include <utility>

namespace belfry::runtime {

/// Any thread, one at a time: for what is short and not on the way of every message.
template <class T>
class Guarded {
 public:
  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  /// Returns what `call(T&)` does.
  template <class Call>
  decltype(auto) with(Call call) {
    const std::lock_guard lock(mutex_);
    return call(value_);
  }

 private:
  std::mutex mutex_;
  T value_;
};

}  // namespace belfry::runtime
