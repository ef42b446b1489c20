// The namespaces and events of the conformance server.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/server.h"

namespace conformance {

/// With which reasons sockets have reported their disconnection. Any thread; remembers the last kRemembered.
/// Takes all its memory at once and for good: whoever measures the server's memory does not measure this.
class DisconnectLog {
 public:
  static constexpr std::size_t kRemembered = 20'000;

  DisconnectLog();
  void add(std::string_view socket_id, std::string_view reason);
  std::vector<std::string> reasons(std::string_view socket_id) const;

 private:
  struct Entry {
    std::size_t socket = 0;  // the hash of its id
    std::size_t reason = 0;  // in known_reasons_
  };

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;  // these three protected by mutex_; a ring
  std::size_t added_ = 0;       // how many ever were
  std::vector<std::string> known_reasons_;
};

/// What a client has sent of itself: `query`, `auth` and `headers`. On the socket's shard.
belfry::Value handshake_of(const belfry::Socket& socket);

/// The arguments from the `first` on.
std::vector<belfry::Value> rest(const belfry::Args& args, std::size_t first);
/// An event of arguments that are not known by number.
belfry::Payload payload_of(std::string_view event, const std::vector<belfry::Value>& values);
std::string text_at(const belfry::Args& args, std::size_t index);

/// `log` and `server` must outlive each other's use.
void add_namespaces(belfry::Server& server, DisconnectLog& log);

}  // namespace conformance
