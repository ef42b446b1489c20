// WebSocket frames as a server writes them (RFC 6455): never masked, never fragmented. Pure functions, any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::websocket {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// The codes that this server gives when it closes (RFC 6455, 7.4.1).
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  invalid_data = 1007,
  policy = 1008,
  too_big = 1009,
  internal = 1011
};

/// What a close frame without a code is reported as; never sent.
inline constexpr std::uint16_t kNoCloseCode = 1005;
/// The largest payload of ping, pong and close.
inline constexpr std::size_t kMaxControlBytes = 125;

/// Size of the header in front of `payload` bytes: 2, 4 or 10.
std::size_t header_size(std::size_t payload);

/// Writes a final frame's header to `out`, which has room for `header_size(payload)`; returns past it.
/// `compressed`: the payload is (RFC 7692, 6).
char* write_header(char* out, Opcode op, std::size_t payload, bool compressed = false);

/// A whole frame. The payload of a control frame is at most kMaxControlBytes; that is the caller's to keep.
std::string make_frame(Opcode op, std::string_view payload);

/// A close frame. A reason that does not fit is cut at a character.
std::string make_close_frame(CloseCode code, std::string_view reason = {});

}  // namespace belfry::websocket
