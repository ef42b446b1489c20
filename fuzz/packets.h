// Socket.IO packets that were read, sent again: for the targets of both parsers.
#pragma once

#include <memory>

#include "belfry/payload.h"
#include "fuzz/fuzz.h"
#include "socketio/decoder.h"
#include "socketio/encoder.h"

namespace belfry::fuzz {

/// What the values say, in JSON, where numbers that are none are null.
inline std::string text_of(const std::vector<Value>& values) {
  return Value(values).dump(-1, ' ', false, Value::error_handler_t::replace);
}

/// Encodes an event or an acknowledgement that was read, reads it, and compares.
inline void send_again(const socketio::Packet& packet, Parser parser) {
  using socketio::Decoder;
  Payload payload;
  PayloadWriter writer(payload);
  if (packet.type == socketio::PacketType::event) writer.add(packet.event);
  writer.add(*packet.args);
  writer.finish();
  const Encoded sent = socketio::Encoder(parser).encode(packet.type, packet.nsp, packet.id, payload);
  Decoder other(parser);
  std::unique_ptr<socketio::PartialPacket> partial;
  socketio::Packet read;
  auto outcome = Decoder::Outcome::partial;
  if (sent.text.size > 0) outcome = other.read(false, sent.view(sent.text).substr(1), partial, read);
  for (const auto part : sent.attachments) {
    check(outcome == Decoder::Outcome::partial, "attachments are waited for");
    outcome = other.read(true, sent.view(part), partial, read);
  }
  check(outcome == Decoder::Outcome::packet, "what was read can be sent");
  check(read.type == packet.type && read.nsp == packet.nsp && read.id == packet.id &&
            read.event == packet.event,
        "the head stays as it was");
  check(text_of(read.args->values()) == text_of(packet.args->values()), "the arguments stay as they were");
}

}  // namespace belfry::fuzz
