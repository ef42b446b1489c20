#pragma once

#include <cstdint>
#include <ctime>

namespace bench {

/// The monotonic clock, in nanoseconds.
inline std::int64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

inline constexpr std::int64_t kSecondNs = 1'000'000'000;

}  // namespace bench
