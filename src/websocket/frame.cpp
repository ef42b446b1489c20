#include "websocket/frame.h"

namespace belfry::websocket {
namespace {

constexpr std::size_t kMaxShortLength = 125;
constexpr std::size_t kMaxLength16 = 0xffff;

char* write_big_endian(char* out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) *out++ = static_cast<char>(value >> shift & 0xff);
  return out;
}

/// The longest prefix of at most `limit` bytes that does not end inside a UTF-8 character.
std::string_view cut_text(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
  return text.substr(0, limit);
}

}  // namespace

std::size_t header_size(std::size_t payload) {
  if (payload <= kMaxShortLength) return 2;
  return payload <= kMaxLength16 ? 4 : 10;
}

char* write_header(char* out, Opcode op, std::size_t payload, bool compressed) {
  *out++ = static_cast<char>(0x80 | (compressed ? 0x40 : 0) | static_cast<unsigned>(op));
  if (payload <= kMaxShortLength) return write_big_endian(out, payload, 1);
  if (payload <= kMaxLength16) {
    *out++ = 126;
    return write_big_endian(out, payload, 2);
  }
  *out++ = 127;
  return write_big_endian(out, payload, 8);
}

std::string make_frame(Opcode op, std::string_view payload) {
  std::string frame;
  frame.reserve(header_size(payload.size()) + payload.size());
  frame.resize(header_size(payload.size()));
  write_header(frame.data(), op, payload.size());
  frame += payload;
  return frame;
}

std::string make_close_frame(CloseCode code, std::string_view reason) {
  std::string payload(2, '\0');
  write_big_endian(payload.data(), static_cast<std::uint16_t>(code), 2);
  payload += cut_text(reason, kMaxControlBytes - payload.size());
  return make_frame(Opcode::close, payload);
}

}  // namespace belfry::websocket
