// Engine.IO protocol 3: packets and polling payloads (engine.io-parser 2). Text payloads are `length:packet`,
// the length in UTF-16 units; binary ones 0 or 1 (text or bytes), the digits of the length, 255, the packet.
#pragma once

#include <string>
#include <string_view>

#include "core/message.h"
#include "engineio/packet.h"

namespace belfry::engineio {

/// Reads one packet: of a WebSocket frame, or of a payload. False where it is none. `out` views `packet` or
/// `scratch`.
bool read_packet_v3(std::string_view packet, bool binary, std::string& scratch, PayloadReader::Packet& out);

/// Reads the packets of a payload one after the other. Views into `payload` and itself.
class PayloadReaderV3 {
 public:
  /// `binary`: it was sent as bytes, not as text.
  PayloadReaderV3(std::string_view payload, bool binary) : rest_(payload), binary_(binary) {}
  /// `invalid`: a length that is none or beyond the payload, or no packet. Nothing more can be read then.
  PayloadReader::Step next(PayloadReader::Packet& out);

 private:
  bool take_text(std::string_view& packet);
  bool take_binary(std::string_view& packet, bool& is_binary);

  std::string_view rest_;
  const bool binary_;
  bool begun_ = false;
  std::string scratch_;
};

/// Appends to a payload, all of it text or all of it binary: text carries binary data as base64.
class PayloadWriterV3 {
 public:
  PayloadWriterV3(std::string& payload, bool binary) : payload_(payload), binary_(binary) {}
  void add(const Encoded& message);
  void add(PacketType type, std::string_view data = {});

 private:
  void add_text(std::string_view packet);
  void add_bytes(std::string_view bytes);
  void begin_binary(char kind, std::size_t size);

  std::string& payload_;
  const bool binary_;
};

}  // namespace belfry::engineio
