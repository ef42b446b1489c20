#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// What a message carries: who sent it, its number and when, in hexadecimal of fixed width, then filler up to
/// its size.
struct Stamp {
  std::uint32_t sender = 0;
  std::uint64_t number = 0;
  std::int64_t sent_ns = 0;
};

inline constexpr std::size_t kStampBytes = 4 + 12 + 16;

/// Writes and checks payloads of one size. The filler is the same in all, so a damaged one is noticed.
class Payload {
 public:
  /// `size_bytes` below kStampBytes is raised to it.
  explicit Payload(std::size_t size_bytes);

  /// The payload for `stamp`; valid until the next call.
  std::string_view write(const Stamp& stamp);
  /// The stamp in `text`, or nothing when it is not exactly such a payload.
  std::optional<Stamp> read(std::string_view text) const;

 private:
  std::string text_;
};

}  // namespace bench
