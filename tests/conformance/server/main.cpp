// The conformance server: every feature of the library behind fixed names, for tests of the protocols.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>

#include "belfry/server.h"
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

  CLI::App app("Socket.IO server for conformance tests");
  app.add_option("--port", port, "TCP port on 127.0.0.1; 0: a free one");
  app.add_option("--ping-interval", ping_interval_ms, "milliseconds between heartbeats");
  app.add_option("--ping-timeout", ping_timeout_ms, "milliseconds for the answer to one");
  app.add_option("--max-payload", options.max_payload_bytes, "largest payload in bytes");
  app.add_option("--threads", options.threads, "shards; 0: one a core");
  app.add_flag("--trim-heap", trim, "give back what was freed, to measure what is held");
  CLI11_PARSE(app, argc, argv);
  options.ping_interval = std::chrono::milliseconds(ping_interval_ms);
  options.ping_timeout = std::chrono::milliseconds(ping_timeout_ms);

  conformance::DisconnectLog log;
  belfry::Server server(std::move(options));
  conformance::add_namespaces(server, log);
  server.engine("/engine.io/", [](belfry::EngineSocket& socket, bool binary, std::string_view data) {
    socket.send(binary, data);
  });

  const auto listening = server.listen("127.0.0.1", port);
  if (!listening) {
    fmt::print(stderr, "{}\n", listening.error().text());
    return 1;
  }
  if (trim) server.post_to(0, [&server] { conformance::trim_heap(server); });
  fmt::print("listening on port {}\n", server.port());
  std::fflush(stdout);
  server.run();
  return 0;
}
