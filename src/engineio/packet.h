// Engine.IO protocol 4: packets and polling payloads (engine.io-protocol, "Packet encoding", "Payload").
#pragma once

#include <string>
#include <string_view>

#include "core/message.h"

namespace belfry::engineio {

enum class PacketType : char {
  open = '0',
  close = '1',
  ping = '2',
  pong = '3',
  message = '4',
  upgrade = '5',
  noop = '6',
};

/// Between two packets of a polling payload.
inline constexpr char kRecordSeparator = '\x1e';

/// Reads the packets of a polling payload one after the other. Views into `payload` and `scratch`.
class PayloadReader {
 public:
  enum class Step { packet, end, invalid };
  struct Packet {
    PacketType type = PacketType::message;
    bool binary = false;
    std::string_view data;
  };

  explicit PayloadReader(std::string_view payload) : rest_(payload) {}
  /// `invalid`: an empty packet, an unknown type, or base64 that is none. Nothing more can be read then.
  Step next(Packet& out);

 private:
  std::string_view rest_;
  bool more_ = true;
  std::string scratch_;  // the bytes of the last binary packet
};

/// Reads one packet's type. False where it is empty or of no known type.
bool read_type(std::string_view packet, PacketType& out);

/// Appends a message to a payload: its text packet, and `b` with base64 for each attachment.
void append_to_payload(std::string& payload, const Encoded& message);
/// Appends a packet without data.
void append_to_payload(std::string& payload, PacketType type);

}  // namespace belfry::engineio
