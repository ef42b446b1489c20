// The masking of client frames (RFC 6455, 5.3).
#pragma once

#include <array>
#include <cstddef>

namespace belfry::websocket {

using MaskKey = std::array<char, 4>;

/// Masks or unmasks `size` bytes in place. `offset` is where in the frame's payload they stand.
void apply_mask(char* data, std::size_t size, const MaskKey& key, std::size_t offset);

}  // namespace belfry::websocket
