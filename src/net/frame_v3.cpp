#include "net/frame_v3.h"

#include "core/base64.h"
#include "engineio/packet.h"
#include "websocket/frame.h"

namespace belfry::net {

namespace {

constexpr char kMessage = static_cast<char>(engineio::PacketType::message);

Encoded::Part append_frame(std::string& frames, websocket::Opcode op, std::string_view packet) {
  frames += websocket::make_frame(op, packet);
  return {static_cast<std::uint32_t>(frames.size() - packet.size()),
          static_cast<std::uint32_t>(packet.size())};
}

std::string typed_packet(std::string_view bytes) {
  return std::string(1, static_cast<char>(kMessage - '0')).append(bytes);
}

std::string base64_packet(std::string_view bytes) {
  std::string packet = {'b', kMessage};
  append_base64(packet, bytes);
  return packet;
}

}  // namespace

Encoded frame_v3(const Encoded& message, bool base64) {
  Encoded out;
  out.key = message.key;
  out.compress =
      message.compress && !base64;  // attachments that are text are no case for who compresses frames
  if (message.text.size > 0) {
    out.text = append_frame(out.frames, websocket::Opcode::text, message.view(message.text));
  }
  for (const auto part : message.attachments) {
    const auto bytes = message.view(part);
    out.attachments.push_back(base64
                                  ? append_frame(out.frames, websocket::Opcode::text, base64_packet(bytes))
                                  : append_frame(out.frames, websocket::Opcode::binary, typed_packet(bytes)));
  }
  return out;
}

}  // namespace belfry::net
