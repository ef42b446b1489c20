#include "net/frame_v3.h"

#include "core/base64.h"
#include "engineio/packet.h"
#include "websocket/frame.h"

namespace belfry::net {

namespace {

constexpr char kMessage = static_cast<char>(engineio::PacketType::message);

std::string binary_frame(std::string_view bytes) {
  std::string packet(1, static_cast<char>(kMessage - '0'));
  return websocket::make_frame(websocket::Opcode::binary, packet.append(bytes));
}

std::string base64_frame(std::string_view bytes) {
  std::string packet = {'b', kMessage};
  append_base64(packet, bytes);
  return websocket::make_frame(websocket::Opcode::text, packet);
}

}  // namespace

Encoded frame_v3(const Encoded& message, bool base64) {
  Encoded out;
  if (message.text.size > 0)
    out.frames = websocket::make_frame(websocket::Opcode::text, message.view(message.text));
  for (const auto part : message.attachments) {
    const auto bytes = message.view(part);
    out.frames += base64 ? base64_frame(bytes) : binary_frame(bytes);
  }
  return out;
}

}  // namespace belfry::net
