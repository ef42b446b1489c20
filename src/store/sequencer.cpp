#include "store/sequencer.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace belfry::store {

Sequencer::Sequencer(const SequencerOptions& options, std::int64_t published, Publish publish,
                     std::function<void()> on_lost)
    : options_(options),
      publish_(std::move(publish)),
      on_lost_(std::move(on_lost)),
      published_(published),
      read_to_(published) {}

void Sequencer::add(CommittedBatch batch, TimePoint now) {
  // A local event comes right before the next one with a number, or after the last.
  std::int64_t place = own_;
  const auto first = std::ranges::find_if(batch.events, [](const auto& one) { return one.number > 0; });
  if (first != batch.events.end()) place = first->number - 1;
  for (NumberedEvent& one : batch.events) {
    if (one.number == 0) {
      follow(place, std::move(one.event));
      continue;
    }
    place = one.number;
    // It may have been read before this node was told that its commit is through.
    if (place > published_) events_.insert_or_assign(place, std::move(one.event));
  }
  own_ = std::max(own_, place);
  for (auto& unit : batch.units) follow(place, std::move(unit), now);
  if (events_.size() > options_.waiting_max) read_to_ = std::max(read_to_, events_.rbegin()->first);
  advance();
}

void Sequencer::add(OutboxPage page) {
  if (page.head < page.after) {
    // The database is another one, or an older state of it.
    published_ = read_to_ = page.head;
    own_ = std::min(own_, page.head);
    events_.clear();
    on_lost_();
    return release_all();
  }
  std::int64_t last = page.has_more ? page.after : page.head;
  for (auto& [number, event] : page.events) {
    if (number > published_) events_.emplace(number, std::move(event));
    last = std::max(last, number);
  }
  read_to_ = std::max(read_to_, last);
  advance();
}

std::size_t Sequencer::open_place() {
  places_.emplace(next_place_, published_);
  return next_place_++;
}

void Sequencer::fix_place(std::size_t place, std::int64_t number) {
  places_.at(place) = number;
  advance();
}

void Sequencer::fill_place(std::size_t place, std::vector<SharedEvent> events, std::unique_ptr<Unit> unit,
                           TimePoint now) {
  const auto found = places_.find(place);
  for (SharedEvent& event : events) follow(found->second, std::move(event));
  follow(found->second, std::move(unit), now);
  places_.erase(found);
  advance();
}

void Sequencer::tick(TimePoint now) {
  for (auto it = followers_.begin(); it != followers_.end();) {
    const Follower& one = it->second;
    if (!one.unit || now - one.since < options_.result_max_wait) {
      ++it;
      continue;
    }
    one.unit->finish();
    ++late_results_;
    it = followers_.erase(it);
  }
}

bool Sequencer::wants_read() const {
  const bool waits = !events_.empty() || !followers_.empty();
  return waits && read_to_ <= published_ && !events_.contains(published_ + 1);
}

void Sequencer::follow(std::int64_t number, SharedEvent event) {
  followers_.emplace(number, Follower{std::move(event), nullptr, {}});
}

void Sequencer::follow(std::int64_t number, std::unique_ptr<Unit> unit, TimePoint now) {
  followers_.emplace(number, Follower{nullptr, std::move(unit), now});
}

void Sequencer::advance() {
  do {
    release_followers();
    auto next = events_.begin();
    while (next != events_.end() && next->first == published_ + 1 && next->first <= barrier()) {
      published_ = next->first;
      if (next->second) publish_(next->second);
      next = events_.erase(next);
      release_followers();
    }
  } while (skip_lost());
}

void Sequencer::release_followers() {
  while (!followers_.empty() && followers_.begin()->first <= published_) release_first();
}

void Sequencer::release_all() {
  while (!followers_.empty()) release_first();
}

void Sequencer::release_first() {
  const Follower one = std::move(followers_.begin()->second);
  followers_.erase(followers_.begin());
  if (one.event) publish_(one.event);
  if (one.unit) one.unit->finish();
}

bool Sequencer::skip_lost() {
  const bool is_lost = published_ < read_to_ && !events_.contains(published_ + 1);
  const std::int64_t next = events_.empty() ? read_to_ : std::min(read_to_, events_.begin()->first - 1);
  const std::int64_t to = std::min(next, barrier());
  if (!is_lost || to <= published_) return false;
  published_ = to;
  on_lost_();
  return true;
}

std::int64_t Sequencer::barrier() const {
  std::int64_t lowest = std::numeric_limits<std::int64_t>::max();
  for (const auto& [place, number] : places_) lowest = std::min(lowest, number);
  return lowest;
}

}  // namespace belfry::store
