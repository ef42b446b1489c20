#include "sequence.h"

namespace bench {

void SequenceCheck::arrived_off_order(std::uint64_t number, std::uint64_t sent, Tally& tally) {
  if (number >= sent) {
    ++tally.corrupt;
  } else if (number > next_) {
    for (std::uint64_t skipped = next_; skipped < number; ++skipped) gaps_.insert(gaps_.end(), skipped);
    next_ = number + 1;
    ++tally.received;
  } else if (gaps_.erase(number) > 0) {
    ++tally.received;
    ++tally.out_of_order;
  } else {
    ++tally.doubled;
  }
}

}  // namespace bench
