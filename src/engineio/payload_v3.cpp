#include "engineio/payload_v3.h"

#include <charconv>

#include "core/base64.h"

namespace belfry::engineio {

namespace {

constexpr char kTextPacket = '\x00';
constexpr char kBinaryPacket = '\x01';
constexpr char kLengthEnd = '\xff';
constexpr char kBase64 = 'b';
constexpr std::size_t kMaxDigits = 10;

// How many UTF-16 units the character has that begins with this byte; 0: it begins none.
std::size_t units_of(char byte) {
  const auto bits = static_cast<unsigned char>(byte);
  if ((bits & 0xc0) == 0x80) return 0;
  return bits >= 0xf0 ? 2 : 1;
}

std::size_t utf16_size(std::string_view text) {
  std::size_t units = 0;
  for (const char byte : text) units += units_of(byte);
  return units;
}

// Takes as much text as has `units`. False where it ends before, or in the middle of a character.
bool take_units(std::string_view& rest, std::size_t units, std::string_view& out) {
  std::size_t at = 0;
  std::size_t seen = 0;
  while (at < rest.size() && seen + units_of(rest[at]) <= units) seen += units_of(rest[at++]);
  out = rest.substr(0, at);
  rest.remove_prefix(at);
  return seen == units;
}

bool read_digit_type(char digit, PacketType& out) {
  return read_type(std::string_view(&digit, 1), out);
}

}  // namespace

bool read_packet_v3(std::string_view packet, bool binary, std::string& scratch, PayloadReader::Packet& out) {
  if (packet.empty()) return false;
  out.binary = binary || packet.front() == kBase64;
  if (binary) {
    out.data = packet.substr(1);
    return packet.front() <= '\x06' && read_digit_type(static_cast<char>('0' + packet.front()), out.type);
  }
  if (packet.front() == kBase64) {
    packet.remove_prefix(1);
    if (packet.empty() || !decode_base64(packet.substr(1), scratch)) return false;
    out.data = scratch;
  } else {
    out.data = packet.substr(1);
  }
  return read_digit_type(packet.front(), out.type);
}

PayloadReader::Step PayloadReaderV3::next(PayloadReader::Packet& out) {
  using Step = PayloadReader::Step;
  while (!rest_.empty()) {
    begun_ = true;
    std::string_view packet;
    bool is_binary = false;
    if (!(binary_ ? take_binary(packet, is_binary) : take_text(packet))) return Step::invalid;
    if (packet.empty() && !binary_) continue;  // `0:`, as a payload of no packets is written
    return read_packet_v3(packet, is_binary, scratch_, out) ? Step::packet : Step::invalid;
  }
  return begun_ ? Step::end : Step::invalid;
}

bool PayloadReaderV3::take_text(std::string_view& packet) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
  if (error != std::errc() || end == rest_.data() + rest_.size() || *end != ':') return false;
  rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()) + 1);
  return take_units(rest_, size, packet);
}

bool PayloadReaderV3::take_binary(std::string_view& packet, bool& is_binary) {
  is_binary = rest_.front() != kTextPacket;
  const std::size_t end = rest_.substr(0, kMaxDigits + 2).find(kLengthEnd);
  if (end == rest_.npos || end < 2) return false;
  std::size_t size = 0;
  for (const char digit : rest_.substr(1, end - 1)) {
    if (digit < 0 || digit > 9) return false;
    size = size * 10 + static_cast<std::size_t>(digit);
  }
  rest_.remove_prefix(end + 1);
  if (size > rest_.size()) return false;
  packet = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

void PayloadWriterV3::add(const Encoded& message) {
  if (message.text.size > 0) add_text(message.view(message.text));
  for (const auto part : message.attachments) add_bytes(message.view(part));
}

void PayloadWriterV3::add(PacketType type, std::string_view data) {
  add_text(std::string(1, static_cast<char>(type)).append(data));
}

void PayloadWriterV3::add_text(std::string_view packet) {
  if (binary_) {
    begin_binary(kTextPacket, packet.size());
  } else {
    payload_ += std::to_string(utf16_size(packet)) + ':';
  }
  payload_ += packet;
}

void PayloadWriterV3::add_bytes(std::string_view bytes) {
  if (binary_) {
    begin_binary(kBinaryPacket, bytes.size() + 1);
    payload_ += static_cast<char>(static_cast<char>(PacketType::message) - '0');
    payload_ += bytes;
    return;
  }
  std::string packet = {kBase64, static_cast<char>(PacketType::message)};
  append_base64(packet, bytes);
  payload_ += std::to_string(packet.size()) + ':' + packet;
}

// The length's digits are numbers, not characters.
void PayloadWriterV3::begin_binary(char kind, std::size_t size) {
  payload_ += kind;
  for (const char digit : std::to_string(size)) payload_ += static_cast<char>(digit - '0');
  payload_ += kLengthEnd;
}

}  // namespace belfry::engineio
