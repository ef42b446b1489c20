// Settings of the connections that a server serves.
#pragma once

#include <chrono>
#include <cstddef>

namespace belfry::net {

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
      262'144;         ///< of answers that the client does not read; past it, its next request waits
  int backlog = 4096;  ///< connections that the kernel may hold for a shard to accept
};

}  // namespace belfry::net
