// The requests of the classic wire, by their numbers.
#pragma once

#include <cstdint>

namespace belfry::redis {

enum class ClassicType : std::uint8_t {
  socket_ids = 0,
  all_rooms = 1,
  join = 2,
  leave = 3,
  disconnect = 4,
  fetch_sockets = 5,
  server_event = 6,
  broadcast = 7,
  client_count = 8,
  acknowledgement = 9,
  none = 255,  // there is no such type
};

}  // namespace belfry::redis
