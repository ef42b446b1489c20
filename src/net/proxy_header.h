// The header that a proxy writes before a client's first byte (PROXY protocol, versions 1 and 2), without
// I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::net {

/// Why a connection has failed before its first request.
enum class ProxyFailure : std::uint8_t {
  missing,   ///< it begins with something else
  invalid,   ///< a header that breaks the protocol
  too_long,  ///< past the bounds of `ProxyHeader`
  timeout,   ///< the header took too long
  closed,    ///< the peer went before its header was whole
  count
};
/// As metrics name it.
std::string_view text_of(ProxyFailure failure);

/// Reads one header, in any segmentation. Holds at most its addresses; what follows those (TLVs) is passed
/// over.
class ProxyHeader {
 public:
  /// Of version 1, its line end included: what the protocol says.
  static constexpr std::size_t kMaxTextBytes = 107;
  /// Of version 2, what follows its first 16 bytes.
  static constexpr std::size_t kMaxBinaryBytes = 4'096;

  enum class Outcome : std::uint8_t { more, done, failed };

  /// Reads on. `consumed`: how many of the bytes belong to the header; those behind are the client's.
  Outcome feed(std::string_view bytes, std::size_t& consumed);
  /// Only when it has failed.
  ProxyFailure failure() const { return failure_; }
  /// Of the client, as text; empty where the header names none that counts, so that the socket's own holds:
  /// `UNKNOWN`, `LOCAL`, and Unix sockets of the proxy.
  const std::string& address() const { return address_; }

 private:
  Outcome fail(ProxyFailure failure);
  Outcome feed_text(std::string_view bytes, std::size_t& consumed);
  Outcome feed_binary(std::string_view bytes, std::size_t& consumed);
  bool read_line(std::string_view line);
  bool read_head();
  void read_address();

  std::string held_;        // the line, or the first bytes and the addresses of version 2
  std::size_t needed_ = 0;  // of version 2, how many bytes to hold; 0: not known yet
  std::size_t passed_ = 0;  // of version 2, how many bytes follow those
  std::string address_;
  ProxyFailure failure_ = ProxyFailure::missing;
};

}  // namespace belfry::net
