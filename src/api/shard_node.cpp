#include "api/shard_node.h"

#include <algorithm>

#include "api/engine_handler.h"

namespace belfry {

namespace {

// How often a stopping shard looks whether its connections have gone.
constexpr std::chrono::milliseconds kStopPoll{10};
constexpr std::chrono::milliseconds kLagInterval{500};

engineio::Options engine_options(const ServerOptions& options) {
  engineio::Options engine;
  engine.ping_interval = options.ping_interval;
  engine.ping_timeout = options.ping_timeout;
  engine.upgrade_timeout = options.upgrade_timeout;
  engine.max_payload_bytes = options.max_payload_bytes;
  engine.max_buffered_bytes = options.max_buffered_bytes;
  engine.polling = options.polling;
  engine.websocket = options.websocket;
  engine.allow_upgrades = options.allow_upgrades;
  return engine;
}

net::Options net_options(const ServerOptions& options) {
  net::Options net;
  net.request_timeout = options.request_timeout;
  net.keep_alive_timeout = options.keep_alive_timeout;
  net.max_header_bytes = options.max_header_bytes;
  return net;
}

}  // namespace

std::optional<http::CorsPolicy> cors_policy(const std::optional<CorsOptions>& options) {
  if (!options) return std::nullopt;
  http::CorsPolicy policy;
  policy.any = options->any;
  policy.origins = options->origins;
  policy.localhost_any_port = options->localhost_any_port;
  policy.credentials = options->credentials;
  return policy;
}

ShardNode::ShardNode(runtime::Shard& shard, socketio::Shared& shared, const ServerOptions& options,
                     const std::vector<std::pair<std::string, EngineHandler>>& engines,
                     const Application& application, const net::AddressGate* addresses)
    : shard_(shard), hub_(shard, shared), io_(shard, net_options(options)), site_(io_) {
  add_endpoint(options.path, options, [this](engineio::Session& session) { return hub_.accept(session); });
  if (const std::size_t max = options.max_connections; max != 0) {
    endpoints_.front()->admit_while(
        [&shared, max] { return static_cast<std::size_t>(shared.clients.get()) < max; });
  }
  for (const auto& [path, handler] : engines) {
    add_endpoint(path, options, [&handler](engineio::Session& session) {
      return std::make_unique<EngineConnection>(session, handler);
    });
  }
  site_.max_body_bytes = options.max_payload_bytes;
  site_.addresses = addresses;
  site_.half_open.set_max(std::max<std::size_t>(options.max_half_open, 1));
  site_.refusal = [&application](const http::Request& request, int status) {
    return application.refusal(request, status);
  };
  site_.application = [&application](const net::AppRequest& request, const net::Responder& responder) {
    application.handle(request, responder);
  };
}

// The loop has ended. A connection may have moved here after the last one had gone.
ShardNode::~ShardNode() {
  io_.abort_all();
}

void ShardNode::add_endpoint(const std::string& path, const ServerOptions& options,
                             engineio::Engine::OpenHandler on_open) {
  endpoints_.push_back(std::make_unique<net::EngineEndpoint>(
      io_, path.ends_with('/') ? path : path + "/", engine_options(options), cors_policy(options.cors),
      options.http_compression, std::move(on_open)));
  site_.endpoints.push_back(endpoints_.back().get());
}

void ShardNode::measure_lag() {
  const TimePoint due = TimePoint::clock::now() + kLagInterval;
  lag_timer_ = shard_.at(due, [this, due] {
    lag_.add(std::max(TimePoint::clock::now() - due, TimePoint::duration(0)));
    measure_lag();
  });
}

void ShardNode::add_to(ServerStats& stats) const {
  for (const auto& endpoint : endpoints_) {
    const auto& engine = endpoint->engine().metrics();
    stats.polling += engine.polling.get();
    stats.websocket += engine.websocket.get();
    stats.opened += engine.opened.get();
    stats.messages_in += engine.messages_in.get();
    stats.messages_out += engine.messages_out.get();
    stats.heartbeat.add(engine.heartbeat.read());
    for (std::size_t i = 0; i < engine.closed.size(); ++i) {
      const auto reason = engineio::text_of(static_cast<engineio::CloseReason>(i));
      stats.closed[std::string(reason)] += engine.closed[i].get();
    }
    for (std::size_t i = 0; i < endpoint->refused().size(); ++i) {
      const auto name = net::EngineEndpoint::refusal_name(i);
      if (!name.empty()) stats.refused[std::string(name)] += endpoint->refused()[i].get();
    }
  }
  stats.refused["too many connections"] += io_.metrics().too_many_connections.get();
  stats.refused["connections too often"] += io_.metrics().too_often_connected.get();
  stats.refused["half open"] += site_.half_open.ended().get();
  stats.bytes_in += io_.metrics().bytes_in.get();
  stats.bytes_out += io_.metrics().bytes_out.get();
  stats.loop_lag.add(lag_.read());
}

Result<void> ShardNode::listen(int fd) {
  shard_.post([this] { measure_lag(); });
  listener_ = std::make_unique<net::Listener>(site_, fd);
  return listener_->start();
}

void ShardNode::refuse_handshakes() {
  for (const auto& endpoint : endpoints_) endpoint->refuse_handshakes();
}

void ShardNode::stop(std::chrono::milliseconds drain, std::function<void()> done) {
  refuse_handshakes();
  for (const auto& endpoint : endpoints_)
    endpoint->engine().close_all(engineio::CloseReason::server_shutdown);
  site_.stopping = true;
  lag_timer_ = {};
  io_.shut_down();
  wait_for_connections(later(shard_.now(), drain), std::move(done));
}

void ShardNode::wait_for_connections(TimePoint deadline, std::function<void()> done) {
  if (io_.connections() == 0 || shard_.now() >= deadline) {
    if (listener_ != nullptr) listener_->close();
    io_.abort_all();
    return done();
  }
  stop_timer_ = shard_.after(kStopPoll, [this, deadline, done = std::move(done)]() mutable {
    wait_for_connections(deadline, std::move(done));
  });
}

}  // namespace belfry
