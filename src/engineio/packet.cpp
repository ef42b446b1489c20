#include "engineio/packet.h"

#include "core/base64.h"

namespace belfry::engineio {

namespace {

void append_separator(std::string& payload) {
  if (!payload.empty()) payload += kRecordSeparator;
}

}  // namespace

bool read_type(std::string_view packet, PacketType& out) {
  if (packet.empty() || packet.front() < '0' || packet.front() > '6') return false;
  out = static_cast<PacketType>(packet.front());
  return true;
}

PayloadReader::Step PayloadReader::next(Packet& out) {
  if (!more_) return Step::end;
  const auto end = rest_.find(kRecordSeparator);
  const std::string_view packet = rest_.substr(0, end);
  more_ = end != rest_.npos;
  rest_ = more_ ? rest_.substr(end + 1) : std::string_view();

  if (!packet.empty() && packet.front() == 'b') {
    if (!decode_base64(packet.substr(1), scratch_)) return Step::invalid;
    out = {PacketType::message, true, scratch_};
    return Step::packet;
  }
  if (!read_type(packet, out.type)) return Step::invalid;
  out.binary = false;
  out.data = packet.substr(1);
  return Step::packet;
}

void append_to_payload(std::string& payload, const Encoded& message) {
  if (message.text.size > 0) {
    append_separator(payload);
    payload += message.view(message.text);
  }
  for (const auto part : message.attachments) {
    append_separator(payload);
    payload += 'b';
    append_base64(payload, message.view(part));
  }
}

void append_to_payload(std::string& payload, PacketType type) {
  append_separator(payload);
  payload += static_cast<char>(type);
}

}  // namespace belfry::engineio
