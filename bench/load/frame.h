#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

enum class Opcode : std::uint8_t { kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

/// A server's WebSocket frame, pointing into the bytes it was read from.
struct Frame {
  Opcode opcode = Opcode::kText;
  std::string_view payload;
};

enum class FrameStatus { kComplete, kIncomplete, kInvalid };

/// Reads one frame at the start of `bytes` and cuts it off. Fragments, masks, extension bits and more than
/// `kMaxFrameBytes` are invalid: no server beside which this measures has a reason to send them.
FrameStatus read_frame(std::string_view& bytes, Frame& frame);

inline constexpr std::size_t kMaxFrameBytes = 16 << 20;

/// Appends a client's masked frame to `out`.
void append_frame(std::string& out, Opcode opcode, std::string_view payload, std::uint32_t mask);

}  // namespace bench
