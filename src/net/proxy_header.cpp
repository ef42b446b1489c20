#include "net/proxy_header.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace belfry::net {

namespace {

using namespace std::literals;

constexpr std::string_view kText = "PROXY "sv;
constexpr std::string_view kBinary = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kHeadBytes = 16;  // of version 2: signature, version and command, family, length
constexpr int kPortMax = 65'535;

// Of version 2: the family and protocol byte, and what the two addresses and ports take.
constexpr std::uint8_t kUnspecified = 0x00;
constexpr std::uint8_t kTcp4 = 0x11;
constexpr std::uint8_t kTcp6 = 0x21;
constexpr std::uint8_t kUnixStream = 0x31;
constexpr std::size_t kTcp4Bytes = 12;
constexpr std::size_t kTcp6Bytes = 36;
constexpr std::size_t kUnixBytes = 216;

std::uint8_t byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<std::uint8_t>(bytes[index]);
}

/// The address as it is always written; empty where the bytes are none.
std::string address_text(int family, const void* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, bytes, text.data(), text.size()) == nullptr ? "" : text.data();
}

std::string read_address_text(int family, std::string_view text) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(family, std::string(text).c_str(), bytes.data()) == 1 ? address_text(family, bytes.data())
                                                                         : "";
}

bool is_port(std::string_view text) {
  int port = -1;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, port);
  const bool padded = text.size() > 1 && text.front() == '0';
  return error == std::errc() && end == last && !padded && port >= 0 && port <= kPortMax;
}

/// Takes the text up to the next space, and that space.
std::string_view take_word(std::string_view& text) {
  const auto end = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

}  // namespace

std::string_view text_of(ProxyFailure failure) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(ProxyFailure::count)> kNames = {
      "missing", "invalid", "too long", "timeout", "closed"};
  return kNames[static_cast<std::size_t>(failure)];
}

ProxyHeader::Outcome ProxyHeader::fail(ProxyFailure failure) {
  failure_ = failure;
  return Outcome::failed;
}

ProxyHeader::Outcome ProxyHeader::feed(std::string_view bytes, std::size_t& consumed) {
  consumed = 0;
  if (bytes.empty()) return Outcome::more;
  const char first = held_.empty() ? bytes.front() : held_.front();
  return first == kText.front() ? feed_text(bytes, consumed) : feed_binary(bytes, consumed);
}

// ---- version 1: a line ----

ProxyHeader::Outcome ProxyHeader::feed_text(std::string_view bytes, std::size_t& consumed) {
  for (const char c : bytes) {
    held_ += c;
    ++consumed;
    if (held_.size() <= kText.size() && !kText.starts_with(held_)) return fail(ProxyFailure::missing);
    if (c == '\n') {
      if (!held_.ends_with("\r\n")) return fail(ProxyFailure::invalid);
      const auto line = std::string_view(held_).substr(kText.size(), held_.size() - kText.size() - 2);
      return read_line(line) ? Outcome::done : fail(ProxyFailure::invalid);
    }
    if (held_.size() == kMaxTextBytes) return fail(ProxyFailure::too_long);
  }
  return Outcome::more;
}

// What stands between `PROXY ` and the line's end: `TCP4 192.0.2.1 198.51.100.1 40000 443`.
bool ProxyHeader::read_line(std::string_view line) {
  const auto protocol = take_word(line);
  if (protocol == "UNKNOWN") return true;  // whatever follows is of no account
  if (protocol != "TCP4" && protocol != "TCP6") return false;
  const int family = protocol == "TCP4" ? AF_INET : AF_INET6;
  const auto source = read_address_text(family, take_word(line));
  const auto destination = read_address_text(family, take_word(line));
  const auto source_port = take_word(line);
  if (source.empty() || destination.empty() || !is_port(source_port) || !is_port(line)) return false;
  address_ = source;
  return true;
}

// ---- version 2: bytes ----

ProxyHeader::Outcome ProxyHeader::feed_binary(std::string_view bytes, std::size_t& consumed) {
  while (consumed < bytes.size() && (needed_ == 0 || held_.size() < needed_)) {
    held_ += bytes[consumed++];
    if (held_.size() <= kBinary.size() && !kBinary.starts_with(held_)) return fail(ProxyFailure::missing);
    if (held_.size() == kHeadBytes && !read_head()) return Outcome::failed;
  }
  if (needed_ == 0 || held_.size() < needed_) return Outcome::more;
  const std::size_t passing = std::min(passed_, bytes.size() - consumed);
  consumed += passing;
  passed_ -= passing;
  if (passed_ > 0) return Outcome::more;
  read_address();
  return Outcome::done;
}

bool ProxyHeader::read_head() {
  constexpr std::uint8_t kLocal = 0x20;
  constexpr std::uint8_t kProxied = 0x21;
  const std::uint8_t command = byte_at(held_, 12);
  const std::uint8_t family = byte_at(held_, 13);
  const std::size_t length = byte_at(held_, 14) * 256U + byte_at(held_, 15);
  failure_ = ProxyFailure::invalid;
  if (command != kLocal && command != kProxied) return false;
  std::size_t addresses = 0;
  if (command == kProxied) {
    if (family != kUnspecified && family != kTcp4 && family != kTcp6 && family != kUnixStream) return false;
    if (family == kTcp4) addresses = kTcp4Bytes;
    if (family == kTcp6) addresses = kTcp6Bytes;
    if (family == kUnixStream) addresses = kUnixBytes;
  }
  if (length < addresses) return false;
  failure_ = ProxyFailure::too_long;
  if (length > kMaxBinaryBytes) return false;
  needed_ = kHeadBytes + addresses;
  passed_ = length - addresses;
  return true;
}

void ProxyHeader::read_address() {
  const std::uint8_t family = byte_at(held_, 13);
  if (needed_ == kHeadBytes) return;
  if (family == kTcp4) address_ = address_text(AF_INET, held_.data() + kHeadBytes);
  if (family == kTcp6) address_ = address_text(AF_INET6, held_.data() + kHeadBytes);
}

}  // namespace belfry::net
