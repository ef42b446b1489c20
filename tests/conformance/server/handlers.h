// The namespaces and events of the conformance server.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "belfry/server.h"

namespace conformance {

/// With which reasons sockets have reported their disconnection. Any thread; remembers the last kRemembered
/// sockets.
class DisconnectLog {
 public:
  static constexpr std::size_t kRemembered = 20'000;

  void add(const std::string& socket_id, std::string reason);
  std::vector<std::string> reasons(const std::string& socket_id) const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::vector<std::string>> reasons_;  // protected by mutex_
  std::deque<std::string> order_;                                      // protected by mutex_
};

/// What a client has sent of itself: `query`, `auth` and `headers`. On the socket's shard.
belfry::Value handshake_of(const belfry::Socket& socket);

/// `log` and `server` must outlive each other's use.
void add_namespaces(belfry::Server& server, DisconnectLog& log);

}  // namespace conformance
