// The conformance server: every feature of the library behind fixed names, for tests of the protocols.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <chrono>

#include "belfry/server.h"
#include "handlers.h"

int main(int argc, char** argv) {
  belfry::ServerOptions options;
  options.ping_interval = std::chrono::milliseconds(300);
  options.ping_timeout = std::chrono::milliseconds(200);
  options.connect_timeout = std::chrono::milliseconds(1000);
  options.cors = belfry::CorsOptions{.any = true};
  int port = 3000;
  long ping_interval_ms = options.ping_interval.count();
  long ping_timeout_ms = options.ping_timeout.count();

  long handshake_timeout_ms = options.handshake_timeout.count();
  std::string unix_path;

  CLI::App app("Socket.IO server for conformance tests");
  app.add_option("--port", port, "TCP port on 127.0.0.1; 0: a free one");
  app.add_option("--ping-interval", ping_interval_ms, "milliseconds between heartbeats");
  app.add_option("--ping-timeout", ping_timeout_ms, "milliseconds for the answer to one");
  app.add_option("--max-payload", options.max_payload_bytes, "largest payload in bytes");
  app.add_option("--tls-cert", options.tls_cert_file,
                 "certificate in PEM; with --tls-key the port speaks TLS");
  app.add_option("--tls-key", options.tls_key_file, "its key in PEM");
  app.add_option("--handshake-timeout", handshake_timeout_ms, "milliseconds for a PROXY header and TLS");
  app.add_flag("--proxy-protocol", options.proxy_protocol, "every connection begins with a PROXY header");
  app.add_option("--unix", unix_path, "listen at a Unix socket as well");
  app.add_option("--threads", options.threads, "shards; 0: one a core");
  CLI11_PARSE(app, argc, argv);
  options.ping_interval = std::chrono::milliseconds(ping_interval_ms);
  options.ping_timeout = std::chrono::milliseconds(ping_timeout_ms);
  options.handshake_timeout = std::chrono::milliseconds(handshake_timeout_ms);

  conformance::DisconnectLog log;
  belfry::Server server(std::move(options));
  conformance::add_namespaces(server, log);
  server.engine("/engine.io/", [](belfry::EngineSocket& socket, bool binary, std::string_view data) {
    socket.send(binary, data);
  });

  // Who stops it as soon as it answers may be earlier than run().
  sigset_t stopping;
  sigemptyset(&stopping);
  sigaddset(&stopping, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stopping, nullptr);
  auto listening = unix_path.empty() ? belfry::Result<void>() : server.listen_unix(unix_path);
  if (listening) listening = server.listen("127.0.0.1", port);
  if (!listening) {
    fmt::print(stderr, "{}\n", listening.error().text());
    return 1;
  }
  fmt::print("listening on port {}\n", server.port());
  std::fflush(stdout);
  server.run();
  return 0;
}
