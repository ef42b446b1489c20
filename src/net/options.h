// Settings of the connections that a server serves.
#pragma once

#include <chrono>
#include <cstddef>

namespace belfry::net {

struct Options {
  std::chrono::milliseconds request_timeout{
      60'000};  ///< from a connection or a request's first byte to its last
  std::chrono::milliseconds keep_alive_timeout{65'000};  ///< between two requests of one connection
  std::chrono::milliseconds admission_timeout{
      10'000};  ///< for the application to let a handshake in; past it the client is refused
  std::chrono::milliseconds linger_timeout{
      2'000};                             ///< how long an answered, closed connection may still be read
  std::size_t max_header_bytes = 16'384;  ///< of one request's head; past it 431
  std::size_t max_pipelined_bytes =
      65'536;          ///< of requests behind one that is being answered; past it: closed
  int backlog = 4096;  ///< connections that the kernel may hold for a shard to accept
};

}  // namespace belfry::net
