#pragma once

#include <cstdint>
#include <set>

namespace bench {

/// What a receiver saw of one or more streams, against what was sent on them.
struct Tally {
  std::uint64_t received = 0;
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t out_of_order = 0;  ///< arrived after a later one of the same stream
  std::uint64_t corrupt = 0;       ///< not what was sent, or never sent
};

/// One receiver's view of one sender's numbered messages 0, 1, 2…: which came late, twice or not at all,
/// exactly. Holds nothing but a number while all is in order; a gap is kept number by number, bounded by what
/// was sent.
class SequenceCheck {
 public:
  /// A message arrived. `sent` is how many the sender has sent: a number past that is corrupt.
  void arrived(std::uint64_t number, std::uint64_t sent, Tally& tally) {
    if (number == next_ && number < sent) [[likely]] {
      ++next_;
      ++tally.received;
      return;
    }
    arrived_off_order(number, sent, tally);
  }

  /// What has not arrived of `sent` messages.
  std::uint64_t missing(std::uint64_t sent) const { return gaps_.size() + (sent - next_); }

 private:
  void arrived_off_order(std::uint64_t number, std::uint64_t sent, Tally& tally);

  std::uint64_t next_ = 0;
  std::set<std::uint64_t> gaps_;
};

}  // namespace bench
