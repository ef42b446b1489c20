// Time as the project writes it: steady time for everything that waits, wall time for what is stored or
// shown.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "belfry/result.h"

namespace belfry {

using std::chrono::milliseconds;
using TimePoint = std::chrono::steady_clock::time_point;

/// Wall time in milliseconds since 1970-01-01 UTC: what the store keeps.
using WallMs = std::int64_t;

/// `delay` after `from`, or the end of time where that is later still: a delay may be the largest there is.
/// One below zero is none.
constexpr TimePoint later(TimePoint from, milliseconds delay) {
  const milliseconds room = std::chrono::floor<milliseconds>(TimePoint::max() - from);
  if (delay > room) return TimePoint::max();
  return delay > milliseconds(0) ? from + delay : from;
}

WallMs wall_now_ms();

/// `2026-01-02T03:04:05.678Z`
std::string iso_time(WallMs time);
/// Reads `2026-01-02T03:04:05[.fraction](Z|±hh:mm)`; fails with `malformed` on anything else.
Result<WallMs> parse_iso_time(std::string_view text);

}  // namespace belfry
