// Keys of the WebSocket handshake, and the times, ids and base64 of `core`.
#include "core/base64.h"
#include "core/clock.h"
#include "core/ids.h"
#include "fuzz/fuzz.h"
#include "websocket/handshake.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  const std::string text(fuzz::text_of(data, size));
  std::string bytes, again;
  const bool decoded = decode_base64(text, bytes);
  if (websocket::valid_key(text)) fuzz::check(decoded && bytes.size() == 16, "a key is 16 bytes");
  fuzz::check(websocket::accept_key(text).size() == 28, "an answer is 20 bytes in base64");
  if (decoded) {
    std::string encoded;
    append_base64(encoded, bytes);
    fuzz::check(decode_base64(encoded, again) && again == bytes, "what was encoded is decoded");
  }
  if (const auto time = parse_iso_time(text)) {
    fuzz::check(parse_iso_time(iso_time(*time)) == *time, "a time that was read is written as the same");
  }
  const int shard = shard_of_sid(text);
  fuzz::check(shard >= -1 && shard < 256, "a shard is a byte");
  return 0;
}
