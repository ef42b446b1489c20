#include "server/probes.h"

#include <chrono>
#include <memory>

#include "apps/common/api.h"

namespace belfry::server {

namespace {

constexpr std::chrono::milliseconds kStoreTimeout{2'000};

HttpResponse stopping() {
  return apps::problem({ErrorKind::unavailable, "The server stops"});
}

HttpResponse not_ready(const char* what, const std::string& why) {
  HttpResponse response = apps::problem({ErrorKind::unavailable, why});
  Value body = Value::parse(response.body);
  body["down"] = Value::array({what});
  response.body = body.dump();
  return response;
}

HttpResponse no_store() {
  return not_ready("store", "The store does not answer");
}

HttpResponse is_ready(const redis::Client* redis, bool needs_redis) {
  if (redis == nullptr || redis->stats().up) return HttpResponse::json(200, {{"status", "ready"}});
  if (needs_redis) return not_ready("redis", "Redis does not answer");
  return HttpResponse::json(200, {{"status", "ready"}, {"degraded", Value::array({"redis"})}});
}

}  // namespace

void add_probes(Server& server, store::Store& store, const runtime::Flag& ready, const redis::Client* redis,
                bool needs_redis) {
  server.route("GET", "/healthz", [](const HttpRequest&, const HttpReply& reply) {
    reply(HttpResponse::json(200, {{"status", "ok"}}));
  });
  server.route("GET", "/readyz", [=, &server, &store, &ready](const HttpRequest&, const HttpReply& reply) {
    if (!ready.get()) return reply(stopping());
    // Whichever comes second, on the same shard, finds it answered.
    const auto once = std::make_shared<bool>(false);
    const auto answer = [once, reply](HttpResponse response) {
      if (!std::exchange(*once, true)) reply(std::move(response));
    };
    server.after(kStoreTimeout, [answer] { answer(no_store()); });
    const auto ask = [](store::Transaction& tx) {
      return tx.query_one("SELECT 1", {}, [](const store::Row& row) { return row.integer(0); });
    };
    store.read(apps::post_here(), ask, [=](const auto& found) {
      answer(found && *found ? is_ready(redis, needs_redis) : no_store());
    });
  });
}

}  // namespace belfry::server
