#include "server/setting_rows.h"

namespace belfry::server {

std::vector<Setting> outgoing_settings() {  // NOLINT(readability-function-size): a table
  using C = Config;
  return {
      {.section = "server",
       .key = "max_buffered_bytes",
       .field = at<&C::server, &ServerSettings::max_buffered_bytes>,
       .doc = "What may wait for one client; past it the connection is closed as `slow consumer`.",
       .min = 1024,
       .max = 1LL << 32},
      {.section = "server",
       .key = "drain_mark_bytes",
       .field = at<&C::server, &ServerSettings::drain_mark_bytes>,
       .doc = "What must have waited for a client so that apps are told when it is less than half again.",
       .min = 1024,
       .max = 1LL << 32},
      {.section = "server",
       .key = "write_timeout_ms",
       .field = at<&C::server, &ServerSettings::write_timeout_ms>,
       .doc =
           "Time after which a client that takes nothing, while its kernel buffer is full and more waits, is "
           "closed as `slow consumer`; 0: never.",
       .max = kDayMs},
      {.section = "server",
       .key = "unacknowledged_timeout_ms",
       .field = at<&C::server, &ServerSettings::unacknowledged_timeout_ms>,
       .doc = "Time after which a peer that acknowledges nothing of what was sent to it has vanished "
              "(`TCP_USER_TIMEOUT`); 0: the kernel's own, about 15 minutes.",
       .max = kDayMs},
      {.section = "deflate",
       .key = "enabled",
       .field = at<&C::deflate, &DeflateSettings::enabled>,
       .doc = "Whether WebSocket messages are compressed for clients that offer it (permessage-deflate)."},
      {.section = "deflate",
       .key = "threshold_bytes",
       .field = at<&C::deflate, &DeflateSettings::threshold_bytes>,
       .doc = "Smaller messages are sent as they are.",
       .max = 1LL << 30},
      {.section = "deflate",
       .key = "context_takeover",
       .field = at<&C::deflate, &DeflateSettings::context_takeover>,
       .doc =
           "Whether a connection may keep its contexts between messages: less on the wire, but a broadcast "
           "is compressed for each connection, which holds about 300 KiB."},
      {.section = "deflate",
       .key = "window_bits",
       .field = at<&C::deflate, &DeflateSettings::window_bits>,
       .doc = "Largest window of both sides, 2^bits bytes.",
       .min = 9,
       .max = 15},
      {.section = "deflate",
       .key = "memory_level",
       .field = at<&C::deflate, &DeflateSettings::memory_level>,
       .doc = "Memory of a compressor beside its window, zlib's `memLevel`.",
       .min = 1,
       .max = 9},
      {.section = "deflate",
       .key = "level",
       .field = at<&C::deflate, &DeflateSettings::level>,
       .doc = "From 1, fast, to 9, small.",
       .min = 1,
       .max = 9},
      {.section = "deflate",
       .key = "contexts_max",
       .field = at<&C::deflate, &DeflateSettings::contexts_max>,
       .doc = "Contexts that are kept, two a connection; past it new connections keep none.",
       .max = 10'000'000},
      {.section = "deflate",
       .key = "context_bytes_max",
       .field = at<&C::deflate, &DeflateSettings::context_bytes_max>,
       .doc = "What these contexts may hold; past it new connections keep none.",
       .max = 1LL << 40},
  };
}

}  // namespace belfry::server
