#include "payload.h"

#include <algorithm>
#include <array>

namespace bench {
namespace {

void write_hex(char* out, int digits, std::uint64_t value) {
  for (int i = digits - 1; i >= 0; --i, value >>= 4) out[i] = "0123456789abcdef"[value & 15];
}

constexpr std::array<std::uint8_t, 256> kHexValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(0xff);
  for (int i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = static_cast<std::uint8_t>(i);
  for (int i = 0; i < 6; ++i) values[static_cast<std::size_t>('a' + i)] = static_cast<std::uint8_t>(10 + i);
  return values;
}();

/// Reads `digits` hexadecimal digits; false when one is not.
bool read_hex(const char* in, int digits, std::uint64_t& value) {
  unsigned wrong = 0;
  value = 0;
  for (int i = 0; i < digits; ++i) {
    const std::uint8_t digit = kHexValues[static_cast<unsigned char>(in[i])];
    wrong |= digit;
    value = value << 4 | (digit & 15);
  }
  return (wrong & 0xf0) == 0;
}

}  // namespace

Payload::Payload(std::size_t size_bytes) : text_(std::max(size_bytes, kStampBytes), 'x') {
  for (std::size_t i = kStampBytes; i < text_.size(); ++i) text_[i] = static_cast<char>('a' + i % 26);
}

std::string_view Payload::write(const Stamp& stamp) {
  write_hex(text_.data(), 4, stamp.sender);
  write_hex(text_.data() + 4, 12, stamp.number);
  write_hex(text_.data() + 16, 16, static_cast<std::uint64_t>(stamp.sent_ns));
  return text_;
}

std::optional<Stamp> Payload::read(std::string_view text) const {
  if (text.size() != text_.size()) return std::nullopt;
  if (text.substr(kStampBytes) != std::string_view(text_).substr(kStampBytes)) return std::nullopt;
  std::uint64_t sender = 0;
  std::uint64_t number = 0;
  std::uint64_t sent_ns = 0;
  if (!read_hex(text.data(), 4, sender) || !read_hex(text.data() + 4, 12, number) ||
      !read_hex(text.data() + 16, 16, sent_ns)) {
    return std::nullopt;
  }
  return Stamp{static_cast<std::uint32_t>(sender), number, static_cast<std::int64_t>(sent_ns)};
}

}  // namespace bench
