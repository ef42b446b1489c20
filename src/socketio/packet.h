// Socket.IO protocol 5: packets (socket.io-protocol, "Packet encoding").
#pragma once

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

/// A packet from a client. Its views and `args` are good until the decoder reads on.
struct Packet {
  PacketType type = PacketType::event;  // a binary one is given as `event` or `ack`
  std::string_view nsp;
  std::optional<std::uint64_t> id;
  std::string_view event;      // of `event`: its name
  const Args* args = nullptr;  // of `event` and `ack`: without the name
  Value auth;                  // of `connect`: the payload, an object
};

}  // namespace belfry::socketio
