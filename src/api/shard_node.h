// Everything of a server that lives on one shard.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/application.h"
#include "api/departures.h"
#include "belfry/engine.h"
#include "belfry/options.h"
#include "belfry/stats.h"
#include "core/metrics.h"
#include "net/deflate_budget.h"
#include "net/engine_endpoint.h"
#include "net/listener.h"
#include "net/shard_io.h"
#include "net/site.h"
#include "socketio/hub.h"

namespace belfry {

/// Built before the shard's loop runs; from then on it belongs to that loop's thread.
class ShardNode {
 public:
  ShardNode(runtime::Shard& shard, socketio::Shared& shared, const ServerOptions& options,
            const std::vector<std::pair<std::string, EngineHandler>>& engines, const Application& application,
            const runtime::Snapshot<net::TlsContext>* tls, net::DeflateBudget& deflate_budget,
            const net::AddressGate* addresses);
  ~ShardNode();

  socketio::Hub& hub() { return hub_; }
  net::Site& site() { return site_; }

  /// On its thread, or before the shard's loop runs. May be called again for another socket.
  Result<void> listen(int fd, net::Speaks speaks);
  /// Adds what has been counted on this shard. Any thread, once it listens.
  void add_to(ServerStats& stats) const;
  /// On its thread: refuses handshakes, has HTTP connections come back anew after each answer, and moves the
  /// clients away, over at most `spread`; `done` is called once they have gone.
  void drain(std::chrono::milliseconds spread, std::function<void()> done);
  /// On its thread: see Server::end_sessions.
  void end_sessions();
  /// On its thread: refuses handshakes, ends every session, and calls `done` when all connections have gone,
  /// or have been ended after `drain`; then the port is closed.
  void stop(std::chrono::milliseconds drain, std::function<void()> done);

 private:
  void add_endpoint(const std::string& path, const ServerOptions& options,
                    engineio::Engine::OpenHandler on_open);
  void refuse_handshakes();
  void measure_lag();
  void wait_for_connections(TimePoint deadline, std::function<void()> done);

  runtime::Shard& shard_;
  socketio::Hub hub_;
  net::ShardIo io_;
  std::vector<std::unique_ptr<net::EngineEndpoint>> endpoints_;
  net::Site site_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  Departures departures_;
  runtime::Timer stop_timer_;
  runtime::Timer lag_timer_;
  Histogram lag_;
};

/// The session's cookie as HTTP knows it.
http::CookieOptions http_cookie(const SessionCookie& cookie);
/// The CORS settings as HTTP knows them.
std::optional<http::CorsPolicy> cors_policy(const std::optional<CorsOptions>& options);

}  // namespace belfry
