// The facts of this node, and what of them is still to be published.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "redis/facts_delta.h"

namespace belfry::redis {

struct OwnFactsOptions {
  std::size_t facts_max = 300'000;
  std::size_t value_max_bytes = 8'192;
  std::size_t batch_max_changes = 1'000;
  std::size_t batch_max_bytes = 262'144;
};

/// Belongs to one thread. Bounded by its options: a fact past them is not shared, and counted.
class OwnFacts {
 public:
  explicit OwnFacts(OwnFactsOptions options = {}) : options_(options) {}

  /// Whether there is something to publish that was not there before. Before `begin` and after `pause` there
  /// is not.
  bool put(const std::string& field, std::string value);
  bool remove(const std::string& field);

  /// From here on everything is to be published again, in another epoch.
  void begin(Owner owner);
  /// Nothing is to be published until then.
  void pause();
  const Owner& owner() const { return owner_; }
  /// Of the last delta.
  std::int64_t number() const { return number_; }
  bool pending() const { return begun_ && (!full_ || !pending_.empty()); }
  /// The next delta to publish, which then counts as published.
  FactsDelta take();

  std::size_t size() const { return facts_.size(); }
  std::uint64_t refused() const { return refused_; }

 private:
  bool note(const std::string& field);

  const OwnFactsOptions options_;
  std::unordered_map<std::string, std::string> facts_;
  std::deque<std::string> pending_;             // fields, oldest first
  std::unordered_set<std::string> is_pending_;  // the same
  Owner owner_;
  std::int64_t number_ = 0;
  bool begun_ = false;
  bool full_ = false;  // all that was there at the beginning has been taken
  std::uint64_t refused_ = 0;
};

}  // namespace belfry::redis
