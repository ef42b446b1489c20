// What a server has counted since it began to listen.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace belfry {

/// Durations by size, in milliseconds. Values.
struct HistogramStats {
  std::vector<double> bounds_ms;      ///< upper bounds of the buckets
  std::vector<std::uint64_t> counts;  ///< of each bucket, and one more for what is longer
  double sum_ms = 0;

  void add(const HistogramStats& other);
};

/// A value. Sums over all shards, read while they go on: near to each other, not of one instant.
struct ServerStats {
  std::int64_t polling = 0;  ///< connections, by transport, now
  std::int64_t websocket = 0;
  std::int64_t opened = 0;                      ///< connections since the start
  std::map<std::string, std::int64_t> closed;   ///< by Socket.IO's reason: `transport close`, …
  std::map<std::string, std::int64_t> refused;  ///< handshakes and requests, by why: `unknown sid`, …
  std::map<std::string, std::int64_t> limited;  ///< how often a client met a bound: `throttled`, `rooms`, …
  std::int64_t messages_in = 0;                 ///< Engine.IO messages
  std::int64_t messages_out = 0;
  std::int64_t dropped_volatile = 0;  ///< volatile messages that could not leave at once
  std::int64_t coalesced = 0;         ///< messages that a newer one of their key has made needless
  std::int64_t discarded_bytes = 0;   ///< that waited for clients which were closed as `slow consumer`
  std::int64_t bytes_in = 0;          ///< of TCP
  std::int64_t bytes_out = 0;
  std::int64_t waiting_sessions = 0;    ///< whose clients may come back (`ServerOptions::recovery`), now
  std::int64_t recovered_sessions = 0;  ///< whose clients came back
  std::int64_t lost_sessions = 0;       ///< whose clients came too late, or had missed too much
  HistogramStats heartbeat;             ///< from a ping to its pong
  HistogramStats loop_lag;              ///< by how much a shard's loop came late to a timer
  std::int64_t tls_handshakes = 0;      ///< that succeeded
  std::int64_t tls_resumed = 0;         ///< of those, which took up an earlier session
  std::map<std::string, std::int64_t>
      tls_failed;                              ///< connections that TLS ended, by why: `http`, `timeout`, …
  std::int64_t tls_certificate_expires_s = 0;  ///< seconds since 1970; 0: there is no certificate
  std::map<std::string, std::int64_t> proxy_failed;  ///< connections without a good PROXY header, by why
  /// Requests that were another server's (`ServerOptions::cluster`), by what came of them: `answered`, …
  std::map<std::string, std::int64_t> forwarded;

  std::int64_t connections() const { return polling + websocket; }
};

}  // namespace belfry
