#include "net/proxy_header.h"

#include <gtest/gtest.h>

#include <optional>

namespace belfry::net {

namespace {

using namespace std::literals;
using Outcome = ProxyHeader::Outcome;

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\n\r\n";
constexpr std::string_view kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;

std::string binary(char command, char family, std::string_view rest, std::optional<std::size_t> length = {}) {
  const std::size_t size = length.value_or(rest.size());
  std::string header(kSignature);
  header += command;
  header += family;
  header += static_cast<char>(size / 256);
  header += static_cast<char>(size % 256);
  return header.append(rest);
}

const std::string kTcp4Addresses = "\xc0\x00\x02\x07\xc6\x33\x64\x01\x9c\x40\x01\xbb"s;
const std::string kTcp6Addresses =
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x09\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x9c\x40\x01\xbb"s;

/// What becomes of a header with a request behind it: the address, or why it fails. Every split must say the
/// same.
struct Read {
  std::string address;
  std::string failure;
  bool operator==(const Read&) const = default;
};

Read read_in(std::string_view first, std::string_view second, std::size_t header_size) {
  ProxyHeader header;
  std::size_t consumed = 0;
  Outcome outcome = header.feed(first, consumed);
  std::size_t total = consumed;
  if (outcome == Outcome::more) {
    EXPECT_EQ(consumed, first.size());
    outcome = header.feed(second, consumed);
    total += consumed;
  }
  if (outcome == Outcome::failed) return {"", std::string(text_of(header.failure()))};
  if (outcome == Outcome::more) return {"", "more"};
  EXPECT_EQ(total, header_size) << "what is behind the header is the client's";
  return {header.address(), ""};
}

Read read(const std::string& header) {
  const std::string all = header + std::string(kRequest);
  const Read whole = read_in(all, "", header.size());
  for (std::size_t split = 0; split <= all.size(); ++split) {
    EXPECT_EQ(read_in(all.substr(0, split), std::string_view(all).substr(split), header.size()), whole)
        << "split at " << split;
  }
  ProxyHeader bytewise;
  std::size_t consumed = 0;
  Outcome outcome = Outcome::more;
  for (std::size_t at = 0; at < all.size() && outcome == Outcome::more; ++at) {
    outcome = bytewise.feed(std::string_view(all).substr(at, 1), consumed);
  }
  if (outcome == Outcome::done) {
    EXPECT_EQ(bytewise.address(), whole.address);
  } else {
    EXPECT_NE(whole.failure, "") << "byte by byte";
  }
  return whole;
}

Read names(std::string address) {
  return {std::move(address), ""};
}
Read fails(std::string why) {
  return {"", std::move(why)};
}

}  // namespace

TEST(ProxyHeader, TextNamesTheClient) {
  EXPECT_EQ(read("PROXY TCP4 192.0.2.7 198.51.100.1 40000 443\r\n"), names("192.0.2.7"));
  EXPECT_EQ(read("PROXY TCP6 2001:DB8:0::9 2001:db8::1 0 65535\r\n"), names("2001:db8::9"));
  EXPECT_EQ(read("PROXY UNKNOWN\r\n"), names(""));
  EXPECT_EQ(read("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), names(""));
}

TEST(ProxyHeader, TextThatIsWrongFails) {
  for (const char* line :
       {"TCP4 192.0.2.7 198.51.100.1 40000", "TCP4 192.0.2.7 198.51.100.1 40000 443 ",
        "TCP4 192.0.2.7 198.51.100.1 40000 65536", "TCP4 192.0.2.7 198.51.100.1 040 443",
        "TCP4 192.0.2.7 198.51.100.1 -1 443", "TCP4 192.0.2.256 198.51.100.1 1 2",
        "TCP4  192.0.2.7 198.51.100.1 1 2", "TCP4 ::1 ::1 1 2", "TCP6 192.0.2.7 192.0.2.8 1 2",
        "UDP4 192.0.2.7 198.51.100.1 1 2", "tcp4 192.0.2.7 198.51.100.1 1 2", ""}) {
    EXPECT_EQ(read("PROXY " + std::string(line) + "\r\n"), fails("invalid")) << line;
  }
  EXPECT_EQ(read("PROXY UNKNOWN\n"), fails("invalid"));
}

TEST(ProxyHeader, TextHasABound) {
  const std::string longest = "PROXY UNKNOWN " + std::string(ProxyHeader::kMaxTextBytes - 16, 'x') + "\r\n";
  ASSERT_EQ(longest.size(), ProxyHeader::kMaxTextBytes);
  EXPECT_EQ(read(longest), names(""));
  EXPECT_EQ(read("PROXY UNKNOWN " + std::string(ProxyHeader::kMaxTextBytes - 15, 'x') + "\r\n"),
            fails("too long"));
}

TEST(ProxyHeader, SomethingElseFailsAtOnce) {
  for (const char* other : {"GET / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\n\r\n", "PROXYTCP4 1",
                            "\x16\x03\x01\x02", "\r\n\r\nGET"}) {
    EXPECT_EQ(read(other), fails("missing")) << other;
  }
}

TEST(ProxyHeader, BinaryNamesTheClient) {
  EXPECT_EQ(read(binary('\x21', '\x11', kTcp4Addresses)), names("192.0.2.7"));
  EXPECT_EQ(read(binary('\x21', '\x21', kTcp6Addresses)), names("2001:db8::9"));
  EXPECT_EQ(read(binary('\x21', '\x31', std::string(216, '/'))), names(""));
  EXPECT_EQ(read(binary('\x21', '\0', "")), names(""));
  EXPECT_EQ(read(binary('\x20', '\0', "")), names(""));
  EXPECT_EQ(read(binary('\x20', '\x11', kTcp4Addresses)), names("")) << "the proxy speaks for itself";
}

TEST(ProxyHeader, BinaryPassesOverWhatFollowsTheAddresses) {
  const std::string tlvs =
      "\x03\0\x04"
      "abcd\x04\0\0"s;
  EXPECT_EQ(read(binary('\x21', '\x11', kTcp4Addresses + tlvs)), names("192.0.2.7"));
  EXPECT_EQ(read(binary('\x21', '\0', tlvs)), names(""));
  EXPECT_EQ(read(binary('\x20', '\0', tlvs)), names(""));
}

TEST(ProxyHeader, BinaryThatIsWrongFails) {
  EXPECT_EQ(read(binary('\x11', '\x11', kTcp4Addresses)), fails("invalid")) << "version";
  EXPECT_EQ(read(binary('\x22', '\x11', kTcp4Addresses)), fails("invalid")) << "command";
  EXPECT_EQ(read(binary('\x21', '\x12', kTcp4Addresses)), fails("invalid")) << "datagrams";
  EXPECT_EQ(read(binary('\x21', '\x41', kTcp4Addresses)), fails("invalid")) << "family";
  EXPECT_EQ(read(binary('\x21', '\x11', kTcp4Addresses.substr(1))), fails("invalid"))
      << "shorter than its addresses";
  EXPECT_EQ(read(binary('\x21', '\x21', kTcp4Addresses)), fails("invalid")) << "shorter than its addresses";
}

TEST(ProxyHeader, BinaryHasABound) {
  const std::string padding(ProxyHeader::kMaxBinaryBytes - kTcp4Addresses.size(), 'x');
  ProxyHeader longest;
  std::size_t consumed = 0;
  EXPECT_EQ(longest.feed(binary('\x21', '\x11', kTcp4Addresses + padding), consumed), Outcome::done);
  EXPECT_EQ(read(binary('\x21', '\x11', kTcp4Addresses, ProxyHeader::kMaxBinaryBytes + 1)),
            fails("too long"));
}

TEST(ProxyHeader, WaitsForTheRest) {
  ProxyHeader header;
  std::size_t consumed = 0;
  const std::string all = binary('\x21', '\x11', kTcp4Addresses);
  EXPECT_EQ(header.feed(all.substr(0, all.size() - 1), consumed), Outcome::more);
  EXPECT_EQ(header.feed("", consumed), Outcome::more);
  EXPECT_EQ(header.feed("\xbb", consumed), Outcome::done);
}

}  // namespace belfry::net
