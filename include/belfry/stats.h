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
  std::int64_t bytes_in = 0;  ///< of TCP
  std::int64_t bytes_out = 0;
  HistogramStats heartbeat;  ///< from a ping to its pong
  HistogramStats loop_lag;   ///< by how much a shard's loop came late to a timer

  std::int64_t connections() const { return polling + websocket; }
};

}  // namespace belfry
