// Socket.IO protocol 5, sending: from payloads to messages that are framed once for every receiver.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "belfry/adapter.h"
#include "belfry/options.h"
#include "belfry/payload.h"
#include "core/message.h"
#include "socketio/packet.h"

namespace belfry::socketio {

/// Writes packets for the parser that the clients of a server use. A value; any thread.
class Encoder {
 public:
  explicit Encoder(Parser parser = Parser::json) : parser_(parser) {}

  Parser parser() const { return parser_; }

  /// An event or an acknowledgement (`type` event or ack; the binary kinds follow from the attachments).
  Encoded encode(PacketType type, std::string_view nsp, std::optional<std::uint64_t> id,
                 const Payload& payload) const;
  /// An event as it is sent with these flags.
  Encoded encode_event(std::string_view nsp, const Payload& payload, const EmitFlags& flags) const;
  /// A packet whose data is one JSON text, or none (connect, connect_error, disconnect).
  Encoded encode_plain(PacketType type, std::string_view nsp, std::string_view json) const;

 private:
  Parser parser_;
};

/// A bare Engine.IO message, text or binary.
Encoded encode_message(bool binary, std::string_view data);

}  // namespace belfry::socketio
