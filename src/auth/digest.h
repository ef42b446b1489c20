// SHA-256 (FIPS 180-4).
#pragma once

#include <string>
#include <string_view>

namespace belfry::auth {

/// In 64 hexadecimal digits, small letters. Any thread.
std::string sha256_hex(std::string_view text);

}  // namespace belfry::auth
