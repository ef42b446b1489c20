// The conformance server: every feature of the library behind fixed names, for tests of the protocols.
#include <fmt/format.h>

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

  CLI::App app("Socket.IO server for conformance tests");
  app.add_option("--port", port, "TCP port on 127.0.0.1; 0: a free one");
  app.add_option("--ping-interval", ping_interval_ms, "milliseconds between heartbeats");
  app.add_option("--ping-timeout", ping_timeout_ms, "milliseconds for the answer to one");
  app.add_option("--max-payload", options.max_payload_bytes, "largest payload in bytes");
  app.add_option("--threads", options.threads, "shards; 0: one a core");
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
  CLI11_PARSE(app, argc, argv);
  if (deflate || deflate_options.context_takeover) options.per_message_deflate = deflate_options;
  options.write_timeout = std::chrono::milliseconds(write_timeout_ms);
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
  fmt::print("listening on port {}\n", server.port());
  std::fflush(stdout);
  server.run();
  return 0;
}
