// Settings of an Engine.IO server.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace belfry::engineio {

struct Options {
  std::chrono::milliseconds ping_interval{25'000};  ///< from the last pong (or the start) to the next ping
  std::chrono::milliseconds ping_timeout{20'000};   ///< from a ping to the end of a session without a pong
  std::chrono::milliseconds upgrade_timeout{
      10'000};  ///< a probing WebSocket that has not upgraded by then is closed
  std::chrono::milliseconds close_timeout{
      30'000};                                ///< how long a closed polling session waits for a last GET
  std::size_t max_payload_bytes = 1'000'000;  ///< largest POST body or WebSocket message from a client
  /// That wait for a session's client before another message; past it the client is closed as a slow
  /// consumer.
  std::size_t max_buffered_bytes = 16u << 20;
  std::size_t drain_mark_bytes =
      1u << 20;           ///< per session; what waits over it and falls below half of it is told
  std::string node = {};  ///< the tag of this server, at the end of every session's id
  bool polling = true;    ///< whether the transport is offered
  bool websocket = true;
  bool allow_eio3 = false;     ///< whether clients that speak version 3 are served too
  bool allow_upgrades = true;  ///< whether a polling session may become a WebSocket session
};

}  // namespace belfry::engineio
