// A value that is exchanged as a whole while other threads read it.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace belfry::runtime {

/// Any thread. Whoever has got a value keeps it for as long as they hold it.
template <class T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  void set(std::shared_ptr<const T> value) {
    const std::lock_guard lock(mutex_);
    value_.swap(value);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace belfry::runtime
