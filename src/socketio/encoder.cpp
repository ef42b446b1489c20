#include "socketio/encoder.h"

#include <fmt/format.h>

#include <cstring>

#include "engineio/packet.h"
#include "socketio/msgpack.h"
#include "socketio/placeholders.h"
#include "websocket/frame.h"

namespace belfry::socketio {

namespace {

using websocket::Opcode;

Encoded::Part part_at(std::size_t offset, std::size_t size) {
  return {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size)};
}

// Appends the header of a frame of `size` bytes; the payload is to follow.
void append_header(std::string& out, Opcode opcode, std::size_t size) {
  const std::size_t at = out.size();
  out.resize(at + websocket::header_size(size));
  websocket::write_header(out.data() + at, opcode, size);
}

// `4` and the head of a Socket.IO packet, up to its JSON.
fmt::memory_buffer packet_head(PacketType type, std::size_t attachments, std::string_view nsp,
                               std::optional<std::uint64_t> id) {
  fmt::memory_buffer head;
  head.push_back(static_cast<char>(engineio::PacketType::message));
  head.push_back(static_cast<char>(type));
  const auto out = fmt::appender(head);
  if (attachments > 0) fmt::format_to(out, "{}-", attachments);
  if (nsp != "/") fmt::format_to(out, "{},", nsp);
  if (id) fmt::format_to(out, "{}", *id);
  return head;
}

Encoded frame_text(std::string_view head, std::string_view json, std::size_t room_after) {
  Encoded encoded;
  const std::size_t size = head.size() + json.size();
  const std::size_t header = websocket::header_size(size);
  encoded.frames.reserve(header + size + room_after);
  append_header(encoded.frames, Opcode::text, size);
  encoded.frames.append(head).append(json);
  encoded.text = part_at(header, size);
  return encoded;
}

void frame_binary(Encoded& encoded, std::string_view bytes) {
  append_header(encoded.frames, Opcode::binary, bytes.size());
  encoded.attachments.push_back(part_at(encoded.frames.size(), bytes.size()));
  encoded.frames.append(bytes);
}

Encoded frame_message(std::string_view bytes) {
  Encoded encoded;
  frame_binary(encoded, bytes);
  return encoded;
}

// A packet as socket.io-msgpack-parser writes it; `data` is discarded where there is none.
Encoded msgpack_packet(PacketType type, std::string_view nsp, std::optional<std::uint64_t> id, Value data) {
  Value packet = {{"type", static_cast<char>(type) - '0'}, {"nsp", nsp}};
  if (id) packet["id"] = *id;
  if (!data.is_discarded()) packet["data"] = std::move(data);
  return frame_message(write_msgpack(packet));
}

Value parse(std::string_view json) {
  return Value::parse(json, nullptr, /*allow_exceptions=*/false);
}

}  // namespace

Encoded Encoder::encode(PacketType type, std::string_view nsp, std::optional<std::uint64_t> id,
                        const Payload& payload) const {
  if (parser_ == Parser::msgpack) return msgpack_packet(type, nsp, id, payload_value(payload));
  std::size_t binary_bytes = 0;
  for (const auto& attachment : payload.attachments) {
    binary_bytes += websocket::header_size(attachment.size()) + attachment.size();
  }
  if (!payload.attachments.empty()) {
    type = type == PacketType::event ? PacketType::binary_event : PacketType::binary_ack;
  }
  const auto head = packet_head(type, payload.attachments.size(), nsp, id);
  Encoded encoded = frame_text({head.data(), head.size()}, payload.json, binary_bytes);
  for (const auto& attachment : payload.attachments) frame_binary(encoded, attachment);
  return encoded;
}

Encoded Encoder::encode_event(std::string_view nsp, const Payload& payload, const EmitFlags& flags) const {
  Encoded encoded = encode(PacketType::event, nsp, std::nullopt, payload);
  encoded.compress = flags.compress;
  // A connection is in several namespaces; their names have no comma.
  if (!flags.key.empty()) encoded.key = std::string(nsp).append(",").append(flags.key);
  return encoded;
}

Encoded Encoder::encode_plain(PacketType type, std::string_view nsp, std::string_view json) const {
  if (parser_ == Parser::msgpack) return msgpack_packet(type, nsp, std::nullopt, parse(json));
  const auto head = packet_head(type, 0, nsp, std::nullopt);
  return frame_text({head.data(), head.size()}, json, 0);
}

Encoded encode_message(bool binary, std::string_view data) {
  if (!binary) return frame_text(std::string(1, static_cast<char>(engineio::PacketType::message)), data, 0);
  return frame_message(data);
}

}  // namespace belfry::socketio
