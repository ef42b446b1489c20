// Settings of the connections that a server serves.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace belfry::net {

/// permessage-deflate, as it is offered; in range (`websocket/deflate.h`).
struct DeflateOptions {
  std::size_t threshold_bytes = 1'024;  ///< of a message's payload; smaller ones are sent plain
  bool context_takeover = false;        ///< whether connections may keep contexts between messages
  int window_bits = 15;
  int memory_level = 8;
  int level = 6;
};

struct Options {
  std::chrono::milliseconds header_timeout{
      20'000};  ///< from a connection or a request's first byte to the end of its head
  std::chrono::milliseconds request_timeout{60'000};  ///< from there to the end of its body
  std::chrono::milliseconds body_grace{5'000};        ///< from there on a body may be as slow as it likes
  std::size_t min_body_bytes_per_s = 240;             ///< then not slower than this, on average; past it 408
  std::chrono::milliseconds keep_alive_timeout{65'000};  ///< between two requests of one connection
  std::chrono::milliseconds admission_timeout{
      10'000};  ///< for the application to let a handshake in; past it the client is refused
  std::chrono::milliseconds linger_timeout{
      2'000};  ///< how long an answered, closed connection may still be read
  std::chrono::milliseconds handshake_timeout{10'000};  ///< for a PROXY header and a TLS handshake together
  bool proxy_protocol = false;            ///< whether every connection begins with a PROXY header
  std::size_t max_header_bytes = 16'384;  ///< of one request's head; past it 431
  std::size_t max_pipelined_bytes =
      65'536;  ///< of requests behind one that is being answered; past it: closed
  std::size_t max_unread_bytes =
      262'144;  ///< of answers that the client does not read; past it, its next request waits
  /// A client that takes nothing for that long, while more waits than the kernel takes, is ended; 0: never.
  std::chrono::milliseconds write_timeout{30'000};
  /// TCP_USER_TIMEOUT: what was sent and not acknowledged for that long ends the connection; 0: the kernel's.
  std::chrono::milliseconds unacknowledged_timeout{60'000};
  std::chrono::milliseconds greeting_gap{0};  ///< after what is sent apart, nothing is sent for so long
  std::size_t drain_mark_bytes = 1u << 20;    ///< what waits over it and falls below half of it is told
  std::optional<DeflateOptions> deflate;      ///< none: not offered
  int backlog = 4096;                         ///< connections that the kernel may hold for a shard to accept
};

}  // namespace belfry::net
