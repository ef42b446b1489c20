// Settings of a server.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "belfry/cluster.h"
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

/// Connection state recovery: a client that lost its connection goes on with its session, and gets what it
/// has missed. Socket.IO 5 clients do this by themselves.
struct RecoveryOptions {
  std::chrono::milliseconds max_disconnection{120'000};  ///< how long a session waits for its client
  bool skip_middlewares = true;          ///< whether who comes back is not asked again by `Namespace::use`
  std::size_t max_log_bytes = 4u << 20;  ///< of events, kept per namespace and shard; the oldest go first
  std::size_t max_sessions = 10'000;     ///< that wait, per namespace and shard; the oldest go first
  std::size_t max_kept_replies = 256;    ///< acknowledgements kept per session, for events that come again
  std::size_t max_kept_reply_bytes = 65'536;  ///< and their bytes; the oldest go first
};

enum class SameSite { lax, strict, none };

/// A cookie with the session's id, for load balancers that send a client to the same server again. Each
/// handshake's answer sets it, over polling and WebSocket; only pages' scripts do not see it (`HttpOnly`).
struct SessionCookie {
  std::string name = "io";
  std::string path = "/";
  SameSite same_site = SameSite::lax;
  bool secure = false;  ///< sent over HTTPS only; browsers refuse `SameSite=None` without it
  std::optional<std::chrono::seconds> max_age = {};  ///< none: until the browser ends
};

/// Compression of WebSocket messages (permessage-deflate, RFC 7692) for clients that offer it. A broadcast is
/// compressed once for all who keep no contexts. Past their range, values are taken as its end.
struct DeflateOptions {
  std::size_t threshold_bytes = 1'024;  ///< of a payload; smaller ones are sent as they are
  /// Whether a connection may keep its contexts from one message to the next: smaller messages, but each
  /// connection compresses for itself and holds about 300 KiB.
  bool context_takeover = false;
  int window_bits = 15;              ///< 9 to 15: the largest window, of 2^bits bytes, of both sides
  int memory_level = 8;              ///< zlib's, 1 to 9
  int level = 6;                     ///< zlib's, 1 (fast) to 9 (small)
  std::size_t max_contexts = 1'000;  ///< kept by all connections, two each; past it new ones keep none
  std::size_t max_context_bytes = 64u << 20;  ///< of these contexts; past it new connections keep none
};

/// How packets are written. Clients must be told the same (`parser` of socket.io-client).
enum class Parser {
  json,     ///< socket.io-parser, what clients use unless told otherwise
  msgpack,  ///< socket.io-msgpack-parser: every packet is one binary message
};

/// Each has the default of stock Socket.IO, where that has it.
struct ServerOptions {
  std::string path = "/socket.io";  ///< where Socket.IO is reached
  unsigned threads = 0;             ///< shards; 0: one a core

  bool polling = true;           ///< whether HTTP long-polling is offered
  bool websocket = true;         ///< whether WebSocket is offered
  bool allow_upgrades = true;    ///< whether a polling client may go over to WebSocket
  bool allow_eio3 = false;       ///< whether clients of Socket.IO 1 and 2 are served too (Engine.IO 3)
  Parser parser = Parser::json;  ///< of all clients

  std::chrono::milliseconds ping_interval{25'000};       ///< between two heartbeats
  std::chrono::milliseconds ping_timeout{20'000};        ///< for the answer to one
  std::chrono::milliseconds upgrade_timeout{10'000};     ///< for a WebSocket that probes
  std::chrono::milliseconds connect_timeout{45'000};     ///< a client in no namespace by then is disconnected
  std::chrono::milliseconds ack_timeout{60'000};         ///< for acknowledgements that name no time-out
  std::chrono::milliseconds header_timeout{20'000};      ///< for an HTTP request's head; past it 408
  std::chrono::milliseconds request_timeout{60'000};     ///< for its body, from the head's end; past it 408
  std::chrono::milliseconds body_grace{5'000};           ///< how long a body may be slower than the least
  std::chrono::milliseconds keep_alive_timeout{65'000};  ///< between two requests of one HTTP connection

  std::string tls_cert_file;    ///< PEM, the whole chain; with the key's file the TCP port speaks TLS
  std::string tls_key_file;     ///< PEM, without a password
  bool proxy_protocol = false;  ///< every connection begins with a PROXY header (1 or 2); others are closed
  std::chrono::milliseconds handshake_timeout{
      10'000};  ///< for a PROXY header and a TLS handshake together; past it the connection is closed

  std::size_t max_payload_bytes =
      1'000'000;  ///< of a message or an HTTP body from a client; past it 413 or close 1009
  std::size_t max_header_bytes = 16'384;   ///< of an HTTP request's head; past it 431
  std::size_t min_body_bytes_per_s = 240;  ///< the least, on average since the head; slower: 408. 0: none
  std::size_t max_pipelined_bytes =
      65'536;  ///< behind a request of the same connection that is being answered; past it: cut
  /// That wait for one client before another message is sent to it; past it that client is disconnected.
  std::size_t max_buffered_bytes = 16u << 20;
  std::size_t drain_mark_bytes =
      1u << 20;  ///< `Socket::on_drain` is called when what waited was more, and is less than half
  /// A client that takes nothing for this long, while its kernel buffer is full and more waits, is closed as
  /// `slow consumer`; 0: never.
  std::chrono::milliseconds write_timeout{30'000};
  /// A peer that acknowledges nothing of what was sent, or has no room for it, for this long is given up by
  /// the kernel (TCP_USER_TIMEOUT), whatever waits for it; 0: after the kernel's own time.
  std::chrono::milliseconds unacknowledged_timeout{60'000};
  /// Between the first words over a WebSocket (the handshake's answer, the open packet, each CONNECT) and
  /// what follows them, for clients that begin to listen for a message when they have the one before it; 0:
  /// none.
  std::chrono::milliseconds greeting_gap{0};
  std::size_t max_namespaces_per_client = 1'000;  ///< past it the client is disconnected
  std::size_t max_connections = 0;  ///< Socket.IO's, over all shards; 0: no bound. Past it handshakes get 503

  AddressLimits per_address;  ///< what one address may open
  RateLimits per_connection;  ///< what one connection may send
  RateLimits per_socket;      ///< what it may send in one namespace; `Namespace::limit` has the last word
  /// Tells a client that it is too fast: `{limit, retryAfterMs}`, to all its sockets, at most every 10 s.
  /// Empty: it is not told.
  std::string rate_warning_event = "rate:warning";
  /// Tells a client that `Server::drain` is about to move it away: `{reason, reconnectInMs}`, to all its
  /// sockets. Empty: it is not told.
  std::string shutdown_event = "server:shutdown";
  /// A client that had to wait for so long, or would have to, is closed as `rate limited`; it regains a tenth
  /// of the time that passes. 0: never.
  std::chrono::milliseconds max_throttled{60'000};
  /// Connections of a shard that have sent no request yet, or a part of one; past it the one that has taken
  /// longest is closed.
  std::size_t max_half_open = 8'192;
  std::size_t max_rooms_per_socket = 10'000;  ///< past it a join does nothing
  std::size_t max_room_name_bytes = 4'096;    ///< likewise
  std::size_t max_event_name_bytes = 65'536;  ///< of a client's event; past it the client is disconnected
  std::size_t max_attachment_bytes =
      0;  ///< of one client's event, together; past it likewise. 0: ten messages
  std::size_t max_waiting_events = 1'000;  ///< of a socket behind a packet middleware; past it likewise
  std::size_t max_pending_acks = 10'000;   ///< asked of one socket; past it asking fails at once: `too_large`

  std::optional<RecoveryOptions> recovery;  ///< none: a connection that is lost ends its session

  std::optional<ClusterOptions> cluster;  ///< none: a session is reached by this server's own address only

  std::optional<DeflateOptions> per_message_deflate;  ///< none: WebSocket messages are not compressed
  bool http_compression = true;                       ///< polls of at least 1,024 bytes, gzip or deflate
  std::optional<CorsOptions> cors;                    ///< none: no CORS headers
  std::optional<SessionCookie> cookie;                ///< none: no cookie is set
  /// A folder with the stock client's bundles (`socket.io.js`, …), served below `path`; those with `.br` or
  /// `.gz` behind their names are sent where the browser takes them. Empty: none are served.
  std::string client_dir;
  Log* log = nullptr;  ///< must outlive the server; null: nothing is logged
};

}  // namespace belfry
