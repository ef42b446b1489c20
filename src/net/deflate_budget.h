// How many compression contexts the connections of a server may keep between messages.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/flag.h"

namespace belfry::net {

/// One for all shards; any thread. Two that ask at once for the last may both be refused.
class DeflateBudget {
 public:
  DeflateBudget(std::size_t max_contexts, std::size_t max_bytes)
      : max_contexts_(static_cast<std::int64_t>(max_contexts)),
        max_bytes_(static_cast<std::int64_t>(max_bytes)) {}

  /// Whether there is room; it is taken then.
  bool take(std::size_t contexts, std::size_t bytes) {
    change(static_cast<std::int64_t>(contexts), static_cast<std::int64_t>(bytes));
    if (contexts == 0 || (contexts_.get() <= max_contexts_ && bytes_.get() <= max_bytes_)) return true;
    give_back(contexts, bytes);
    return false;
  }
  void give_back(std::size_t contexts, std::size_t bytes) {
    change(-static_cast<std::int64_t>(contexts), -static_cast<std::int64_t>(bytes));
  }
  std::int64_t contexts() const { return contexts_.get(); }

 private:
  void change(std::int64_t contexts, std::int64_t bytes) {
    if (contexts == 0) return;
    contexts_.add(contexts);
    bytes_.add(bytes);
  }

  const std::int64_t max_contexts_;
  const std::int64_t max_bytes_;
  runtime::Counter contexts_;
  runtime::Counter bytes_;
};

}  // namespace belfry::net
