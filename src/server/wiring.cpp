#include "server/wiring.h"

#include <algorithm>
#include <chrono>
#include <latch>
#include <thread>
#include <utility>

#include "apps/common/session_routes.h"
#include "server/dev_pages.h"
#include "server/limits.h"
#include "server/pages.h"
#include "server/probes.h"
#include "server/redis_options.h"
#include "server/tokens.h"
#include "store/announcer.h"

namespace belfry::server {

namespace {

// Hashing a password takes a tenth of a second and 64 MiB.
constexpr std::size_t kPoolThreads = 2;
constexpr std::size_t kPoolWaitingMax = 64;

/// `https://app.example.org` of a URL below it.
std::string origin_of(const std::string& url) {
  const auto host = url.find("://");
  return url.substr(0, host == std::string::npos ? host : url.find('/', host + 3));
}

CorsOptions cors_options(const Config& config) {
  CorsOptions cors;
  cors.origins = config.cors.origins;
  // Behind a proxy that ends TLS, the server's own pages have another origin than it knows.
  if (!config.server.public_url.empty()) cors.origins.push_back(origin_of(config.server.public_url));
  cors.any = std::ranges::find(cors.origins, "*") != cors.origins.end();
  cors.localhost_any_port = config.server.dev;
  return cors;
}

std::optional<RecoveryOptions> recovery_options(const RecoverySettings& settings) {
  if (!settings.enabled) return std::nullopt;
  return RecoveryOptions{.max_disconnection = settings.max_disconnection_ms,
                         .skip_middlewares = false,  // credentials may have been revoked meanwhile
                         .max_log_bytes = settings.max_log_bytes,
                         .max_sessions = static_cast<std::size_t>(settings.max_sessions),
                         .max_kept_replies = static_cast<std::size_t>(settings.max_kept_replies),
                         .max_kept_reply_bytes = settings.max_kept_reply_bytes};
}

std::optional<SessionCookie> session_cookie(const HttpSettings& http) {
  if (http.cookie.empty()) return std::nullopt;
  SessionCookie cookie{.name = http.cookie, .path = http.cookie_path, .secure = http.cookie_secure};
  if (http.cookie_same_site == "strict") cookie.same_site = SameSite::strict;
  if (http.cookie_same_site == "none") cookie.same_site = SameSite::none;
  if (http.cookie_max_age_s > 0) cookie.max_age = std::chrono::seconds(http.cookie_max_age_s);
  return cookie;
}

void set_http_options(const Config& config, ServerOptions& options) {
  const HttpSettings& http = config.http;
  options.header_timeout = http.header_timeout_ms;
  options.request_timeout = http.request_timeout_ms;
  options.body_grace = http.body_grace_ms;
  options.min_body_bytes_per_s = http.min_body_bytes_per_s;
  options.keep_alive_timeout = http.keep_alive_timeout_ms;
  options.max_header_bytes = http.max_header_bytes;
  options.max_pipelined_bytes = http.max_pipelined_bytes;
  options.cookie = session_cookie(http);
  options.client_dir = client_folder(config);
}

DeflateOptions deflate_options(const DeflateSettings& settings) {
  return {.threshold_bytes = settings.threshold_bytes,
          .context_takeover = settings.context_takeover,
          .window_bits = settings.window_bits,
          .memory_level = settings.memory_level,
          .level = settings.level,
          .max_contexts = settings.contexts_max,
          .max_context_bytes = settings.context_bytes_max};
}

ServerOptions server_options(const Config& config, const std::string& secret, const Forwarding& forwarding,
                             Log& log) {
  ServerOptions options;
  options.threads = static_cast<unsigned>(config.server.threads);
  options.ping_interval = config.server.ping_interval_ms;
  options.ping_timeout = config.server.ping_timeout_ms;
  options.connect_timeout = config.server.connect_timeout_ms;
  options.tls_cert_file = config.tls.cert_file;
  options.tls_key_file = config.tls.key_file;
  options.proxy_protocol = config.server.proxy_protocol;
  options.handshake_timeout = config.server.handshake_timeout_ms;
  options.max_payload_bytes = config.server.max_payload_bytes;
  options.max_buffered_bytes = config.server.max_buffered_bytes;
  options.drain_mark_bytes = config.server.drain_mark_bytes;
  options.write_timeout = config.server.write_timeout_ms;
  options.unacknowledged_timeout = config.server.unacknowledged_timeout_ms;
  if (config.deflate.enabled) options.per_message_deflate = deflate_options(config.deflate);
  options.max_connections = static_cast<std::size_t>(config.server.connections_max);
  options.allow_eio3 = config.server.allow_eio3;
  options.parser = config.server.parser == "msgpack" ? Parser::msgpack : Parser::json;
  add_limits(config, options);
  options.cors = cors_options(config);
  options.recovery = recovery_options(config.recovery);
  set_http_options(config, options);
  options.cluster = forwarding.options(secret);
  options.log = &log;
  return options;
}

/// Where the server is reached, without a slash at the end.
std::string url_of(const Config& config) {
  std::string url = config.server.public_url;
  while (url.ends_with('/')) url.pop_back();
  const std::string scheme = config.tls.enabled() ? "https" : "http";
  return url.empty() ? scheme + "://localhost:" + std::to_string(config.server.port) : url;
}

apps::AuthOptions auth_options(const Config& config) {
  return {.session_ttl = std::chrono::seconds(config.auth.session_ttl_s),
          .token_ttl = std::chrono::seconds(config.auth.token_ttl_s),
          .registration = config.auth.registration,
          .logins_per_minute = static_cast<std::size_t>(config.auth.logins_per_minute),
          .secure_cookie = url_of(config).starts_with("https://")};
}

}  // namespace

Wiring::Wiring(const Config& config, const std::string& secret, const Keys& keys, store::Store& store,
               runtime::EventBus& bus, Log& log, const std::vector<ExtraApp>& extra, redis::Client* redis)
    : config_(config),
      store_(store),
      log_(log),
      forwarding_(config),
      server_(server_options(config, secret, forwarding_, log)),
      pool_(kPoolThreads, kPoolWaitingMax),
      verifier_({.issuer = config.auth.issuer, .audience = config.auth.audience}, key_set(keys)),
      keys_(server_, pool_, verifier_, keys, config, log),
      tls_(server_, pool_, config, log),
      heap_(server_, pool_),
      retention_(server_, pool_, store, config, log),
      mailer_(server_, store, bus, config, log),
      proxies_(apps::TrustedProxies::parse(config.server.trusted_proxies).value()),
      identity_(
          store, verifier_, [this](auto done) { keys_.ask(std::move(done)); }, config.auth.api_keys),
      api_(server_, identity_, log),
      cluster_(config, server_, redis, log),
      devices_(server_, cluster_.facts()),
      all_connects_(server_,
                    [this, times = static_cast<std::size_t>(config.server.connections_per_minute)] {
                      return cluster_.limiters()("connects", {.max_times = times});
                    }),
      user_limits_(server_, user_limits(config)),
      auth_(
          {server_, api_, store, pool_, proxies_, cluster_.limiters()}, auth_options(config),
          [&config, secret](const accounts::Account& account, const std::string& session, WallMs expires_at) {
            return session_token(config, secret, account, session, expires_at);
          }),
      parts_{server_,
             store,
             bus,
             identity_,
             proxies_,
             cluster_.facts(),
             devices_,
             cluster_.limiters(),
             all_connects_,
             api_,
             log,
             config.auth.expiry_grace_ms,
             mailer_.enabled(),
             url_of(config),
             user_limits_},
      apps_(make_apps(parts_, config, extra)),
      mail_routes_(api_, store, mailer_),
      operator_({server_, api_, store, bus, identity_, verifier_, mailer_, cluster_, apps()}) {
  forwarding_.follow(cluster_.facts());
  if (redis != nullptr) server_.adapter(redis_adapter_of(config.redis));
  if (redis != nullptr && !config.store.database.starts_with("postgres")) {
    log.warn("server",
             "Redis without PostgreSQL: other servers do not hear of what is stored here, such as messages");
  }
  // Clients that come back read in the history what nobody has told them.
  bus.subscribe<store::EventsLost>([this](const auto&) { server_.end_sessions(); });
  limit_events();
  apps::add_session_routes(store, api_);
  api_.finish();
  add_probes(server_, store, ready_, redis, config.server.ready_needs_redis);
  add_reference(server_, config);
  if (config.server.dev) add_dev_pages(server_, config, secret, log);
}

std::vector<apps::AppEntry> Wiring::apps() {
  std::vector<apps::AppEntry> entries;
  for (const auto& app : apps_) entries.push_back(app->entry());
  return entries;
}

void Wiring::limit_events() {
  for (const std::string& text : config_.limits.event_rates) {
    const auto rate = read_event_rate(text).value();
    for (const auto& app : apps()) {
      for (const Namespace& nsp : app.mounts.all()) nsp.limit(rate.first, rate.second);
    }
  }
}

Wiring::~Wiring() {
  stop();
  store_.stop();
}

Result<void> Wiring::listen() {
  for (const auto& app : apps_) {
    if (auto prepared = app->prepare(); !prepared) return prepared;
  }
  auto listening = listen_where_told();
  running_ = listening.has_value();
  if (running_) {
    keys_.start();
    tls_.start();
    heap_.start();
    retention_.start();
    mailer_.start();
    operator_.start();
    cluster_.start();
    forwarding_.tell(cluster_.facts());
    for (const auto& app : apps_) app->start();
  }
  return listening;
}

Result<void> Wiring::listen_where_told() {
  const ServerSettings& where = config_.server;
  if (auto listening = forwarding_.listen(server_, log_); !listening) return listening;
  if (where.tcp) {
    if (auto listening = server_.listen(where.host, where.port); !listening) return listening;
  }
  if (where.unix_socket.empty()) return {};
  auto listening = server_.listen_unix(where.unix_socket, unix_mode_of(where).value());
  if (!listening) server_.stop(milliseconds(0));
  return listening;
}

void Wiring::stop() {
  if (!std::exchange(running_, false)) return;
  ready_.set(false);
  std::this_thread::sleep_for(config_.server.ready_off_ms);
  const auto deadline = std::chrono::steady_clock::now() + config_.server.drain_ms;
  server_.drain(std::min(config_.server.drain_spread_ms, config_.server.drain_ms));
  mailer_.stop();
  store_.stop(deadline);
  settle();
  cluster_.leave(config_.redis.command_timeout_ms);
  const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
  server_.stop(std::max(left, milliseconds(0)));
  pool_.stop();
}

// Waits until the shards have done what was posted to them, and what that posted to other shards: the answers
// and broadcasts of the last units of work.
void Wiring::settle() {
  for (int round = 0; round < 3; ++round) {
    std::latch done(server_.threads());
    for (unsigned i = 0; i < server_.threads(); ++i) {
      // Twice: what a turn posts to other shards leaves at its end.
      server_.post_to(i, [this, i, &done] { server_.post_to(i, [&done] { done.count_down(); }); });
    }
    done.wait();
  }
}

}  // namespace belfry::server
