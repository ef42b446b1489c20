// Socket.IO protocol 5, receiving, with the parser of socket.io-msgpack-parser.
#pragma once

#include <string>
#include <string_view>

#include "socketio/packet.h"

namespace belfry::socketio {

/// Reads packets: each is one map of `type`, `nsp`, and where the type has them `data` and `id`. One a shard.
class MsgpackDecoder {
 public:
  /// False: not a packet.
  bool read(std::string_view bytes, Packet& out);

 private:
  bool read_data(Value* data, Packet& out);
  bool read_args(Value* data, Packet& out);

  Args args_;
  std::string nsp_;
  std::string event_;
};

}  // namespace belfry::socketio
