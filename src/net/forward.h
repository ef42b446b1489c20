// A request that is another server's, sent on to that one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/request.h"
#include "net/connection.h"
#include "net/peers.h"
#include "runtime/timer_queue.h"

namespace belfry::net {

/// What the two ends of a forwarded request know of each other. Each forgets itself as it goes. On one shard.
struct ForwardLink {
  class HttpPump* client = nullptr;
  Connection* peer = nullptr;
  bool paused = false;  // the peer's answer waits until the client has taken what there is
};

/// The connection to the other server. Owned by that connection, from the dial to the answer's end, or until
/// it is a WebSocket's. Takes the answer apart only as far as the client's connection needs it: head and
/// length; the body passes in pieces, read no faster than the client takes them.
class Forward : public Pump {
 public:
  /// Dials; the client's pump is told what comes of it, perhaps before this returns.
  static void begin(ShardIo& io, Peers& peers, const PeerAddress& where, std::string request, bool upgrade,
                    bool head_only, std::shared_ptr<ForwardLink> link, std::shared_ptr<const void> slot);

  void on_connected() override;
  void on_bytes(char* data, std::size_t size) override;
  void on_shutdown() override;
  void on_closed() override;

 private:
  Forward(ShardIo& io, Peers& peers, std::string request, bool upgrade, bool head_only,
          std::shared_ptr<ForwardLink> link, std::shared_ptr<const void> slot);

  void on_head(std::string_view rest);
  void on_body(std::string_view bytes);
  void fail(Forwarded outcome, int status);
  void wait(std::chrono::milliseconds timeout, Forwarded outcome, int status);
  void slow_down();

  ShardIo& io_;
  Peers& peers_;
  const std::string request_;
  const bool upgrade_;    // it asks for a WebSocket
  const bool head_only_;  // it is a HEAD
  const std::shared_ptr<ForwardLink> link_;
  const std::shared_ptr<const void> slot_;
  std::string head_;      // of the answer, until it is whole
  std::size_t left_ = 0;  // of its body
  bool connected_ = false;
  bool in_body_ = false;
  runtime::Timer timer_;
};

}  // namespace belfry::net
