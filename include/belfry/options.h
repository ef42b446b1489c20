// Settings of a server.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "belfry/limits.h"
#include "belfry/log.h"

namespace belfry {

/// Pages of which other origins may use the server (the Fetch standard's CORS protocol). Its own origin
/// always may.
struct CorsOptions {
  bool any = false;                       ///< every origin
  std::vector<std::string> origins = {};  ///< as a browser sends them: `https://app.example.org`
  bool localhost_any_port = false;        ///< pages of this machine, for development
  bool credentials = true;                ///< whether cookies may be sent along
};

/// Each has the default of stock Socket.IO, where that has it.
struct ServerOptions {
  std::string path = "/socket.io";  ///< where Socket.IO is reached
  unsigned threads = 0;             ///< shards; 0: one a core

  bool polling = true;         ///< whether HTTP long-polling is offered
  bool websocket = true;       ///< whether WebSocket is offered
  bool allow_upgrades = true;  ///< whether a polling client may go over to WebSocket

  std::chrono::milliseconds ping_interval{25'000};       ///< between two heartbeats
  std::chrono::milliseconds ping_timeout{20'000};        ///< for the answer to one
  std::chrono::milliseconds upgrade_timeout{10'000};     ///< for a WebSocket that probes
  std::chrono::milliseconds connect_timeout{45'000};     ///< a client in no namespace by then is disconnected
  std::chrono::milliseconds ack_timeout{60'000};         ///< for acknowledgements that name no time-out
  std::chrono::milliseconds request_timeout{60'000};     ///< for one HTTP request to arrive
  std::chrono::milliseconds keep_alive_timeout{65'000};  ///< between two requests of one HTTP connection

  std::size_t max_payload_bytes =
      1'000'000;  ///< of a message or an HTTP body from a client; past it 413 or close 1009
  std::size_t max_header_bytes = 16'384;  ///< of an HTTP request's head; past it 431
  std::size_t max_buffered_bytes = 16u
                                   << 20;  ///< that wait for one client; past it that client is disconnected
  std::size_t max_namespaces_per_client = 1'000;  ///< past it the client is disconnected
  std::size_t max_connections = 0;  ///< Socket.IO's, over all shards; 0: no bound. Past it handshakes get 503

  AddressLimits per_address;  ///< what one address may open
  RateLimits per_connection;  ///< what one connection may send
  RateLimits per_socket;      ///< what it may send in one namespace; `Namespace::limit` has the last word
  /// Tells a client that it is too fast: `{limit, retryAfterMs}`, to all its sockets, at most every 10 s.
  /// Empty: it is not told.
  std::string rate_warning_event = "rate:warning";
  /// A client that had to wait for so long, or would have to, is closed as `rate limited`; it regains a tenth
  /// of the time that passes. 0: never.
  std::chrono::milliseconds max_throttled{60'000};
  /// Connections of a shard that have sent no request yet, or a part of one; past it the one that has taken
  /// longest is closed.
  std::size_t max_half_open = 8'192;
  std::size_t max_rooms_per_socket = 10'000;      ///< past it a join does nothing
  std::size_t max_room_name_bytes = 4'096;        ///< likewise
  std::size_t max_event_name_bytes = 65'536;      ///< of a client's event; past it the client is disconnected
  std::size_t max_attachment_bytes = 10'000'000;  ///< of one client's event, together; past it likewise
  std::size_t max_waiting_events = 1'000;  ///< of a socket behind a packet middleware; past it likewise
  std::size_t max_pending_acks = 10'000;   ///< asked of one socket; past it asking fails at once: `too_large`

  bool http_compression = true;     ///< polls of at least 1,024 bytes, gzip or deflate
  std::optional<CorsOptions> cors;  ///< none: no CORS headers
  Log* log = nullptr;               ///< must outlive the server; null: nothing is logged
};

}  // namespace belfry
