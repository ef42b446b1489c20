// A WebSocket that is another server's: bytes between two connections.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/connection.h"
#include "runtime/timer_queue.h"

namespace belfry::net {

class HttpPump;

/// One end of it, owned by its connection, on the shard of both. Reads no faster than the other end takes;
/// where one end goes, the other one goes too, after what it is still owed. How long it may be silent is the
/// other server's business, whose heartbeats pass here.
class Relay : public Pump {
 public:
  /// Joins the client's connection, which is HTTP's no longer, and the one to its server. The client gets
  /// `head` and what followed that; its server what the client has sent already. `slot` is held until the
  /// end.
  static void join(HttpPump& client, Connection& peer, std::string head, std::string_view rest,
                   const std::shared_ptr<const void>& slot);

  void on_bytes(char* data, std::size_t size) override;
  void on_written() override;
  /// Ends within a second, at a moment of its own: its client is to come back, and not together with others.
  void on_shutdown() override;
  void on_closed() override;

 private:
  Relay(Connection& own, std::shared_ptr<const void> slot) : own_(own), slot_(std::move(slot)) {}

  Connection& own_;
  Relay* other_ = nullptr;  // null once that has gone
  const std::shared_ptr<const void> slot_;
  runtime::Timer last_;  // until the end, where the server stops
};

}  // namespace belfry::net
