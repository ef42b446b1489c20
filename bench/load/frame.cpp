#include "frame.h"

#include <cstring>

namespace bench {
namespace {

std::uint64_t read_big_endian(const char* in, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(in[i]);
  return value;
}

void append_big_endian(std::string& out, std::uint64_t value, int size) {
  for (int i = size - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

}  // namespace

FrameStatus read_frame(std::string_view& bytes, Frame& frame) {
  if (bytes.size() < 2) return FrameStatus::kIncomplete;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  const unsigned opcode = first & 0x0f;
  const bool known = opcode == 1 || opcode == 2 || (opcode >= 8 && opcode <= 10);
  if ((first & 0xf0) != 0x80 || !known || (second & 0x80) != 0) return FrameStatus::kInvalid;

  std::size_t header = 2;
  std::uint64_t length = second;
  if (length >= 126) {
    const std::size_t extended = length == 126 ? 2 : 8;
    header += extended;
    if (bytes.size() < header) return FrameStatus::kIncomplete;
    length = read_big_endian(bytes.data() + 2, extended);
  }
  if (length > kMaxFrameBytes) return FrameStatus::kInvalid;
  if (bytes.size() - header < length) return FrameStatus::kIncomplete;
  frame.opcode = static_cast<Opcode>(opcode);
  frame.payload = bytes.substr(header, length);
  bytes.remove_prefix(header + length);
  return FrameStatus::kComplete;
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload, std::uint32_t mask) {
  out.push_back(static_cast<char>(0x80 | static_cast<unsigned>(opcode)));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(0x80 | payload.size()));
  } else if (payload.size() < 65536) {
    out.push_back(static_cast<char>(0x80 | 126));
    append_big_endian(out, payload.size(), 2);
  } else {
    out.push_back(static_cast<char>(0x80 | 127));
    append_big_endian(out, payload.size(), 8);
  }
  char key[8];
  std::memcpy(key, &mask, 4);
  std::memcpy(key + 4, &mask, 4);
  out.append(key, 4);

  const std::size_t start = out.size();
  out.append(payload);
  std::uint64_t wide_key = 0;
  std::memcpy(&wide_key, key, 8);
  std::size_t i = 0;
  for (; i + 8 <= payload.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, payload.data() + i, 8);
    word ^= wide_key;
    std::memcpy(out.data() + start + i, &word, 8);
  }
  for (; i < payload.size(); ++i) out[start + i] = static_cast<char>(payload[i] ^ key[i & 7]);
}

}  // namespace bench
