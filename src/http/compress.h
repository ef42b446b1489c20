// Compression of whole response bodies.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "http/response.h"

namespace belfry::http {

enum class Encoding { gzip, deflate };

/// Below this a body is not worth compressing.
inline constexpr std::size_t kCompressionThresholdBytes = 1024;

/// How much a client likes a coding, from 0 (not at all) to 1, by its `Accept-Encoding`.
double encoding_weight(std::string_view accept_encoding, std::string_view coding);
/// The coding that a client's `Accept-Encoding` likes best, gzip among equals; nothing if it accepts neither.
std::optional<Encoding> choose_encoding(std::string_view accept_encoding);

/// The compressed bytes: the gzip format, or the zlib format that HTTP calls deflate. Nothing if zlib has no
/// memory.
std::optional<std::string> compress(std::string_view bytes, Encoding encoding);

/// Compresses the body of a response that is worth it and not encoded yet, as the client's `Accept-Encoding`
/// allows; says so in Content-Encoding and Vary.
void compress_body(Response& response, std::string_view accept_encoding,
                   std::size_t threshold_bytes = kCompressionThresholdBytes);

}  // namespace belfry::http
