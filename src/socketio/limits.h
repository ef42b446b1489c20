// The bounds of what one client may send and hold.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "belfry/limits.h"

namespace belfry::socketio {

/// Which bound a client has met.
enum class Limit : std::uint8_t {
  throttled,       ///< it was not read for a while
  warned,          ///< and was told so
  too_long,        ///< it was throttled for too long, and closed
  namespaces,      ///< it was closed
  no_namespace,    ///< it has asked for one that there is not, and was refused
  rooms,           ///< it has not joined one more
  room_name,       ///< likewise
  event_name,      ///< it was closed
  attachments,     ///< it was closed
  waiting_events,  ///< it was closed
  acks,            ///< it was not asked
};
inline constexpr std::size_t kLimitCount = 11;

/// As statistics call it.
constexpr std::string_view text_of(Limit limit) {
  constexpr std::array<std::string_view, kLimitCount> kTexts = {
      "throttled", "rate warning", "throttled too long", "namespaces",     "unknown namespace",       "rooms",
      "room name", "event name",   "attachments",        "waiting events", "pending acknowledgements"};
  return kTexts[static_cast<std::size_t>(limit)];
}

/// What `ServerOptions` says of them, by the same names.
struct Limits {
  RateLimits per_connection;
  RateLimits per_socket;
  std::string rate_warning_event = "rate:warning";
  std::chrono::milliseconds max_throttled{60'000};
  std::size_t max_namespaces_per_client = 1'000;
  std::size_t max_rooms_per_socket = 10'000;
  std::size_t max_room_name_bytes = 4'096;
  std::size_t max_event_name_bytes = 65'536;
  std::size_t max_attachment_bytes = 10'000'000;
  std::size_t max_waiting_events = 1'000;
  std::size_t max_pending_acks = 10'000;
};

}  // namespace belfry::socketio
