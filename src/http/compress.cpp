#include "http/compress.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace belfry::http {
namespace {

/// The weight of `;q=0.5` and the like; 1 without one, 0 for one that cannot be read.
double read_weight(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto part = parameters.substr(0, parameters.find(';'));
    parameters.remove_prefix(std::min(part.size() + 1, parameters.size()));
    const auto parameter = trim(part);
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    const auto number = parameter.substr(2);
    double weight = 0;
    const auto [end, ec] = std::from_chars(number.data(), number.data() + number.size(), weight);
    const bool readable = ec == std::errc() && end == number.data() + number.size();
    return readable && weight >= 0 && weight <= 1 ? weight : 0;
  }
  return 1;
}

}  // namespace

// Its own weight, else that of `*`, else 0.
double encoding_weight(std::string_view accept_encoding, std::string_view coding) {
  double any = 0;
  while (!accept_encoding.empty()) {
    const auto item = accept_encoding.substr(0, accept_encoding.find(','));
    accept_encoding.remove_prefix(std::min(item.size() + 1, accept_encoding.size()));
    const auto semicolon = std::min(item.find(';'), item.size());
    const auto name = trim(item.substr(0, semicolon));
    const auto parameters = item.substr(semicolon);
    if (equals_ignoring_case(name, coding)) return read_weight(parameters);
    if (name == "*") any = read_weight(parameters);
  }
  return any;
}

std::optional<Encoding> choose_encoding(std::string_view accept_encoding) {
  const double gzip = encoding_weight(accept_encoding, "gzip");
  const double deflate = encoding_weight(accept_encoding, "deflate");
  if (gzip <= 0 && deflate <= 0) return std::nullopt;
  return gzip >= deflate ? Encoding::gzip : Encoding::deflate;
}

std::optional<std::string> compress(std::string_view bytes, Encoding encoding) {
  constexpr int kLevel = 6, kMemoryLevel = 8, kGzipFormat = 16;
  if (bytes.size() > std::numeric_limits<uInt>::max() / 2) return std::nullopt;
  z_stream stream{};
  const int window_bits = MAX_WBITS + (encoding == Encoding::gzip ? kGzipFormat : 0);
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, window_bits, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    return std::nullopt;
  }
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) return std::nullopt;
  return out;
}

void compress_body(Response& response, std::string_view accept_encoding, std::size_t threshold_bytes) {
  if (response.body.size() < threshold_bytes || !response.find("content-encoding").empty()) return;
  response.vary_by("Accept-Encoding");
  const auto encoding = choose_encoding(accept_encoding);
  if (!encoding) return;
  auto compressed = compress(response.body, *encoding);
  if (!compressed || compressed->size() >= response.body.size()) return;
  response.body = std::move(*compressed);
  response.set("Content-Encoding", *encoding == Encoding::gzip ? "gzip" : "deflate");
}

}  // namespace belfry::http
