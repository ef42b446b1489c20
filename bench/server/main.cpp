// A server with three handlers, to be measured beside other Socket.IO servers (see bench/README.md).
#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "belfry/redis_adapter.h"
#include "belfry/server.h"

namespace {

int from_environment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr && *text != '\0' ? std::atoi(text) : otherwise;
}

/// Joins the servers of REDIS_URL, by the adapter that ADAPTER names: `classic` or `sharded`.
bool join_others(belfry::Server& server, const char* url) {
  const auto redis = belfry::parse_redis_url(url);
  if (!redis) return false;
  const char* adapter = std::getenv("ADAPTER");
  const bool sharded = adapter != nullptr && std::string_view(adapter) == "sharded";
  server.adapter(sharded ? belfry::sharded_redis_adapter(*redis) : belfry::redis_adapter(*redis));
  return true;
}

}  // namespace

int main() {
  belfry::ServerOptions options;
  options.threads = static_cast<unsigned>(from_environment("THREADS", 0));
  belfry::Server server(std::move(options));
  if (const char* url = std::getenv("REDIS_URL"); url != nullptr && !join_others(server, url)) {
    fmt::print(stderr, "REDIS_URL is none\n");
    return 1;
  }
  const auto nsp = server.of("/");
  nsp.on("bench:join", [](belfry::Socket& socket, const belfry::Args& args, const belfry::Ack& ack) {
    const auto room = args.get<std::string>(0);
    if (room) socket.join(*room);
    ack();
  });
  nsp.on("bench:publish", [nsp](belfry::Socket&, const belfry::Args& args, const belfry::Ack&) {
    const auto room = args.get<std::string>(0);
    if (room && args.size() > 1) nsp.to(*room).emit("bench:event", belfry::RawJson{args.json(1)});
  });
  nsp.on("bench:echo", [](belfry::Socket&, const belfry::Args& args, const belfry::Ack& ack) { ack(args); });

  const auto listening = server.listen("127.0.0.1", from_environment("PORT", 3000));
  if (!listening) {
    fmt::print(stderr, "{}\n", listening.error().text());
    return 1;
  }
  fmt::print("listening on port {}\n", server.port());
  std::fflush(stdout);
  server.run();
  return 0;
}
