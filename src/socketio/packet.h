// Socket.IO protocol 5: packets (socket.io-protocol, "Packet encoding").
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "belfry/args.h"
#include "belfry/value.h"

namespace belfry::socketio {

enum class PacketType : char {
  connect = '0',
  disconnect = '1',
  event = '2',
  ack = '3',
  connect_error = '4',
  binary_event = '5',
  binary_ack = '6',
};

/// The largest id of an acknowledgement: what JavaScript counts to.
inline constexpr std::uint64_t kMaxAckId = (1ull << 53) - 1;

/// Whether an event's name belongs to the protocol's own life cycle (socket.io, RESERVED_EVENTS).
inline bool is_reserved_event(std::string_view event) {
  constexpr std::array<std::string_view, 6> kReserved = {"connect",       "connect_error", "disconnect",
                                                         "disconnecting", "newListener",   "removeListener"};
  return std::find(kReserved.begin(), kReserved.end(), event) != kReserved.end();
}

/// A packet from a client. Its views and `args` are good until the decoder reads on.
struct Packet {
  PacketType type = PacketType::event;  // a binary one is given as `event` or `ack`
  std::string_view nsp;
  std::optional<std::uint64_t> id;
  std::string_view event;      // of `event`: its name; of one that is a number, its text
  const Args* args = nullptr;  // of `event` and `ack`: without the name
  Value auth;                  // of `connect`: the payload, an object
};

}  // namespace belfry::socketio
