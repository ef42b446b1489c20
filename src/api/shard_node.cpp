#include "api/shard_node.h"

#include <algorithm>

#include "api/engine_handler.h"
#include "websocket/deflate.h"

namespace belfry {

namespace {

// How often a stopping shard looks whether its connections have gone.
constexpr std::chrono::milliseconds kStopPoll{10};
constexpr std::chrono::milliseconds kLagInterval{500};
// That another server may take to answer, beyond the heartbeat's times.
constexpr std::chrono::milliseconds kAnswerReserve{10'000};

engineio::Options engine_options(const ServerOptions& options) {
  engineio::Options engine;
  engine.ping_interval = options.ping_interval;
  engine.ping_timeout = options.ping_timeout;
  engine.upgrade_timeout = options.upgrade_timeout;
  engine.max_payload_bytes = options.max_payload_bytes;
  engine.max_buffered_bytes = options.max_buffered_bytes;
  engine.drain_mark_bytes = options.drain_mark_bytes;
  engine.polling = options.polling;
  engine.websocket = options.websocket;
  engine.allow_upgrades = options.allow_upgrades;
  engine.allow_eio3 = options.allow_eio3;
  if (options.cluster) engine.node = options.cluster->node;
  return engine;
}

net::Options net_options(const ServerOptions& options, const Application& application) {
  net::Options net;
  net.request_timeout = options.request_timeout;
  net.keep_alive_timeout = options.keep_alive_timeout;
  net.header_timeout = options.header_timeout;
  net.body_grace = options.body_grace;
  net.min_body_bytes_per_s = options.min_body_bytes_per_s;
  net.max_pipelined_bytes = options.max_pipelined_bytes;
  net.max_header_bytes = options.max_header_bytes;
  net.handshake_timeout = options.handshake_timeout;
  net.proxy_protocol = options.proxy_protocol;
  net.admission_timeout = application.allow_timeout();
  net.drain_mark_bytes = options.drain_mark_bytes;
  net.write_timeout = options.write_timeout;
  net.unacknowledged_timeout = options.unacknowledged_timeout;
  if (const auto& deflate = options.per_message_deflate) {
    net.deflate = {deflate->threshold_bytes, deflate->context_takeover,
                   std::clamp(deflate->window_bits, websocket::kMinWindowBits, websocket::kMaxWindowBits),
                   std::clamp(deflate->memory_level, 1, 9), std::clamp(deflate->level, 1, 9)};
  }
  return net;
}

void add_connections(const net::ShardIo::Metrics& metrics, ServerStats& stats) {
  stats.bytes_in += metrics.bytes_in.get();
  stats.bytes_out += metrics.bytes_out.get();
  stats.tls_handshakes += metrics.tls_handshakes.get();
  stats.tls_resumed += metrics.tls_resumed.get();
  const auto add = [](const auto& counts, auto name_of, auto& sums) {
    for (std::size_t i = 0; i < counts.size(); ++i) sums[std::string(name_of(i))] += counts[i].get();
  };
  add(
      metrics.tls_failed, [](std::size_t i) { return net::text_of(static_cast<net::TlsFailure>(i)); },
      stats.tls_failed);
  add(
      metrics.proxy_failed, [](std::size_t i) { return net::text_of(static_cast<net::ProxyFailure>(i)); },
      stats.proxy_failed);
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

http::CookieOptions http_cookie(const SessionCookie& cookie) {
  constexpr http::SameSite kSameSite[] = {http::SameSite::lax, http::SameSite::strict, http::SameSite::none};
  return {.path = cookie.path,
          .max_age = cookie.max_age,
          .same_site = kSameSite[static_cast<std::size_t>(cookie.same_site)],
          .http_only = true,
          .secure = cookie.secure};
}

ShardNode::ShardNode(runtime::Shard& shard, socketio::Shared& shared, const ServerOptions& options,
                     const std::vector<std::pair<std::string, EngineHandler>>& engines,
                     const Application& application, const runtime::Snapshot<net::TlsContext>* tls,
                     net::DeflateBudget& deflate_budget, const net::AddressGate* addresses)
    : shard_(shard),
      hub_(shard, shared),
      io_(shard, net_options(options, application), deflate_budget),
      site_(io_),
      departures_(shard) {
  add_endpoint(options.path, options, [this](engineio::Session& session) { return hub_.accept(session); });
  if (const std::size_t max = options.max_connections; max != 0) {
    endpoints_.front()->admit_while(
        [&shared, max] { return static_cast<std::size_t>(shared.clients.get()) < max; });
  }
  endpoints_.front()->leave(application.client_paths());
  for (const auto& [path, handler] : engines) {
    add_endpoint(path, options, [&handler](engineio::Session& session) {
      return std::make_unique<EngineConnection>(session, handler);
    });
  }
  if (options.cluster) {
    // A GET is answered by the next ping at the latest.
    site_.peers = std::make_unique<net::Peers>(*options.cluster,
                                               options.ping_interval + options.ping_timeout + kAnswerReserve);
  }
  site_.tls = tls;
  site_.max_body_bytes = options.max_payload_bytes;
  site_.addresses = addresses;
  site_.half_open.set_max(std::max<std::size_t>(options.max_half_open, 1));
  site_.refusal = [&application](const http::Request& request, int status) {
    return application.refusal(request, status);
  };
  if (application.allow_handler() != nullptr) {
    site_.admission = [&application](const net::AppRequest& request, const net::Admission& admission) {
      application.admit(request, admission);
    };
  }
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
  if (options.cookie) endpoints_.back()->set_cookie(options.cookie->name, http_cookie(*options.cookie));
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
    stats.dropped_volatile += engine.dropped_volatile.get();
    stats.coalesced += engine.coalesced.get();
    stats.discarded_bytes += engine.discarded_bytes.get();
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
  const auto& recovery = hub_.recovery_metrics();
  stats.waiting_sessions += recovery.dormant.get();
  stats.recovered_sessions += recovery.recovered.get();
  stats.lost_sessions += recovery.refused.get();
  add_connections(io_.metrics(), stats);
  for (std::size_t i = 0; i < net::kHttpRefusalCount; ++i) {
    const auto refusal = static_cast<net::HttpRefusal>(i);
    stats.refused[std::string(net::name_of(refusal))] += site_.refused.get(refusal);
  }
  for (std::size_t i = 0; site_.peers != nullptr && i < static_cast<std::size_t>(net::Forwarded::count);
       ++i) {
    const auto outcome = static_cast<net::Forwarded>(i);
    stats.forwarded[std::string(net::name_of(outcome))] += site_.peers->count_of(outcome);
  }
  stats.coalesced += io_.metrics().coalesced.get();
  stats.refused["too many connections"] += io_.metrics().too_many_connections.get();
  stats.refused["connections too often"] += io_.metrics().too_often_connected.get();
  stats.refused["half open"] += site_.half_open.ended().get();
  stats.loop_lag.add(lag_.read());
}

Result<void> ShardNode::listen(int fd, net::Speaks speaks) {
  if (listeners_.empty()) shard_.post([this] { measure_lag(); });
  listeners_.push_back(std::make_unique<net::Listener>(site_, fd, speaks));
  return listeners_.back()->start();
}

void ShardNode::refuse_handshakes() {
  for (const auto& endpoint : endpoints_) endpoint->refuse_handshakes();
}

void ShardNode::drain(std::chrono::milliseconds spread, std::function<void()> done) {
  refuse_handshakes();
  site_.stopping = true;
  std::vector<engineio::Engine*> engines;
  for (const auto& endpoint : endpoints_) engines.push_back(&endpoint->engine());
  departures_.begin(std::move(engines), spread, std::move(done));
}

void ShardNode::end_sessions() {
  for (const auto& endpoint : endpoints_) endpoint->engine().close_all(engineio::CloseReason::events_missed);
  hub_.end_recoverable();
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
    for (const auto& listener : listeners_) listener->close();
    io_.abort_all();
    return done();
  }
  stop_timer_ = shard_.after(kStopPoll, [this, deadline, done = std::move(done)]() mutable {
    wait_for_connections(deadline, std::move(done));
  });
}

}  // namespace belfry
