// The conformance server: every feature of the library behind fixed names, for tests of the protocols.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "belfry/server.h"
#include "client_suite.h"
#include "cluster.h"
#include "handlers.h"
#include "trim.h"

int main(int argc, char** argv) {
  belfry::ServerOptions options;
  options.ping_interval = std::chrono::milliseconds(300);
  options.ping_timeout = std::chrono::milliseconds(200);
  options.connect_timeout = std::chrono::milliseconds(1000);
  options.cors = belfry::CorsOptions{.any = true};
  int port = 3000;
  long ping_interval_ms = options.ping_interval.count();
  long ping_timeout_ms = options.ping_timeout.count();
  bool trim = false;

  long handshake_timeout_ms = options.handshake_timeout.count();
  std::string unix_path;

  CLI::App app("Socket.IO server for conformance tests");
  app.add_option("--port", port, "TCP port on 127.0.0.1; 0: a free one");
  const auto* interval =
      app.add_option("--ping-interval", ping_interval_ms, "milliseconds between heartbeats");
  const auto* timeout =
      app.add_option("--ping-timeout", ping_timeout_ms, "milliseconds for the answer to one");
  app.add_option("--max-payload", options.max_payload_bytes, "largest payload in bytes");
  app.add_option("--tls-cert", options.tls_cert_file,
                 "certificate in PEM; with --tls-key the port speaks TLS");
  app.add_option("--tls-key", options.tls_key_file, "its key in PEM");
  app.add_option("--handshake-timeout", handshake_timeout_ms, "milliseconds for a PROXY header and TLS");
  app.add_flag("--proxy-protocol", options.proxy_protocol, "every connection begins with a PROXY header");
  app.add_option("--unix", unix_path, "listen at a Unix socket as well");
  app.add_option("--threads", options.threads, "shards; 0: one a core");
  bool recovery = false;
  bool client_suite = false;
  app.add_flag("--recovery", recovery, "connection state recovery");
  long recovery_ms = 2'000;
  app.add_option("--recovery-ms", recovery_ms, "milliseconds that a session waits for its client");
  app.add_flag("--client-suite", client_suite, "what socket.io-client's own tests expect instead");
  bool deflate = false;
  belfry::DeflateOptions deflate_options;
  app.add_flag("--deflate", deflate, "permessage-deflate");
  app.add_flag("--deflate-takeover", deflate_options.context_takeover,
               "the same with contexts that are kept");
  app.add_option("--deflate-contexts", deflate_options.max_contexts, "how many of them");
  app.add_option("--deflate-context-bytes", deflate_options.max_context_bytes, "what they may hold");
  app.add_option("--deflate-window", deflate_options.window_bits, "the largest window in bits");
  app.add_option("--deflate-threshold", deflate_options.threshold_bytes, "bytes from which it compresses");
  app.add_option("--max-buffered", options.max_buffered_bytes, "bytes that may wait for a client");
  app.add_option("--drain-mark", options.drain_mark_bytes, "bytes over which a drain is told");
  long write_timeout_ms = options.write_timeout.count();
  app.add_option("--write-timeout", write_timeout_ms, "milliseconds in which a client must read something");
  app.add_flag("--eio3", options.allow_eio3, "serve clients of Engine.IO 3 as well");
  app.add_flag_callback(
      "--msgpack", [&options] { options.parser = belfry::Parser::msgpack; }, "packets in MessagePack");
  belfry::ClusterOptions cluster;
  std::map<std::string, std::string, std::less<>> peers;
  int peer_port = 0;
  long drain_spread_ms = 0;
  app.add_option("--node", cluster.node, "this server's tag in a cluster");
  app.add_option("--peer-port", peer_port, "port on 127.0.0.1 for the other servers");
  app.add_option("--cluster-secret", cluster.secret, "what they share");
  app.add_option_function<std::vector<std::string>>(
         "--peers",
         [&peers](const std::vector<std::string>& all) {
           for (const std::string& one : all) {
             const auto equals = one.find('=');
             peers[one.substr(0, equals)] = equals == std::string::npos ? "" : one.substr(equals + 1);
           }
         },
         "the others: tag=host:port,…")
      ->delimiter(',');
  app.add_option("--drain-spread", drain_spread_ms, "milliseconds over which clients are moved away");
  std::string redis_url;
  std::string adapter = "classic";
  std::string key = "socket.io";
  app.add_option("--redis", redis_url, "URL of a Redis that joins this server with others (cluster.h)");
  app.add_option("--adapter", adapter, "how: classic, sharded or streams, as npm's adapters");
  app.add_option("--key", key, "what all names in Redis begin with");
  app.add_flag("--trim-heap", trim, "give back what was freed, to measure what is held");
  CLI11_PARSE(app, argc, argv);
  if (!cluster.node.empty()) {
    cluster.peers = belfry::fixed_peers(std::move(peers));
    options.cluster = std::move(cluster);
  }
  if (deflate || deflate_options.context_takeover) options.per_message_deflate = deflate_options;
  options.write_timeout = std::chrono::milliseconds(write_timeout_ms);
  if (recovery)
    options.recovery = belfry::RecoveryOptions{.max_disconnection = std::chrono::milliseconds(recovery_ms)};
  if (client_suite && interval->empty()) ping_interval_ms = 2'000;
  if (client_suite && timeout->empty()) ping_timeout_ms = 20'000;
  options.ping_interval = std::chrono::milliseconds(ping_interval_ms);
  options.ping_timeout = std::chrono::milliseconds(ping_timeout_ms);
  options.handshake_timeout = std::chrono::milliseconds(handshake_timeout_ms);

  conformance::DisconnectLog log;
  const bool is_clustered = options.cluster.has_value();
  belfry::Server server(std::move(options));
  if (!redis_url.empty()) {
    const auto factory = conformance::adapter_of(redis_url, adapter, key);
    if (!factory) {
      fmt::print(stderr, "--redis or --adapter: {}\n", factory.error().text());
      return 2;
    }
    server.adapter(*factory);
  }
  if (client_suite) {
    conformance::add_client_suite(server);
  } else {
    conformance::add_namespaces(server, log);
  }
  server.engine("/engine.io/", [](belfry::EngineSocket& socket, bool binary, std::string_view data) {
    socket.send(binary, data);
  });

  server.route("GET", "/forwarded", [&server](const belfry::HttpRequest&, const belfry::HttpReply& reply) {
    reply(belfry::HttpResponse::json(200, belfry::Value(server.stats().forwarded)));
  });

  // Who stops it as soon as it answers may be earlier than run().
  sigset_t stopping;
  sigemptyset(&stopping);
  sigaddset(&stopping, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stopping, nullptr);
  auto listening = unix_path.empty() ? belfry::Result<void>() : server.listen_unix(unix_path);
  if (listening && is_clustered) {
    if (const auto bound = server.listen_peers("127.0.0.1", peer_port); !bound) {
      listening = std::unexpected(bound.error());
    }
  }
  if (listening) listening = server.listen("127.0.0.1", port);
  if (!listening) {
    fmt::print(stderr, "{}\n", listening.error().text());
    return 1;
  }
  if (trim) server.post_to(0, [&server] { conformance::trim_heap(server); });
  fmt::print("listening on port {}\n", server.port());
  std::fflush(stdout);
  server.run(std::chrono::milliseconds(drain_spread_ms));
  return 0;
}
