// Base64 (RFC 4648, section 4).
#pragma once

#include <string>
#include <string_view>

namespace belfry {

void append_base64(std::string& out, std::string_view bytes);
/// Reads base64 with or without its padding, also in the URL-safe alphabet. False on any other character.
bool decode_base64(std::string_view text, std::string& out);

}  // namespace belfry
