#include "store/unit_queue.h"

#include <algorithm>
#include <iterator>

namespace belfry::store {

bool UnitQueue::put(std::unique_ptr<Unit>& unit) {
  std::lock_guard lock(mutex_);
  if (closed_ || units_.size() >= max_units_) {
    ++refused_;
    return false;
  }
  units_.push_back(std::move(unit));
  filled_.notify_one();
  return true;
}

std::vector<std::unique_ptr<Unit>> UnitQueue::take(std::size_t max) {
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [this] { return closed_ || !units_.empty(); });
  const auto end = units_.begin() + static_cast<std::ptrdiff_t>(std::min(max, units_.size()));
  std::vector<std::unique_ptr<Unit>> taken(std::move_iterator(units_.begin()), std::move_iterator(end));
  units_.erase(units_.begin(), end);
  return taken;
}

void UnitQueue::close(TimePoint until) {
  std::lock_guard lock(mutex_);
  closed_ = true;
  until_ = until;
  filled_.notify_all();
}

bool UnitQueue::is_over() const {
  std::lock_guard lock(mutex_);
  return closed_ && TimePoint::clock::now() >= until_;
}

std::size_t UnitQueue::size() const {
  std::lock_guard lock(mutex_);
  return units_.size();
}

std::uint64_t UnitQueue::refused() const {
  std::lock_guard lock(mutex_);
  return refused_;
}

}  // namespace belfry::store
