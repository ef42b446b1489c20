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

HttpResponse not_ready() {
  HttpResponse response = apps::problem({ErrorKind::unavailable, "The store does not answer"});
  Value body = Value::parse(response.body);
  body["down"] = {"store"};
  response.body = body.dump();
  return response;
}

}  // namespace

void add_probes(Server& server, store::Store& store, const runtime::Flag& ready) {
  server.route("GET", "/healthz", [](const HttpRequest&, const HttpReply& reply) {
    reply(HttpResponse::json(200, {{"status", "ok"}}));
  });
  server.route("GET", "/readyz", [&server, &store, &ready](const HttpRequest&, const HttpReply& reply) {
    if (!ready.get()) return reply(stopping());
    // Whichever comes second, on the same shard, finds it answered.
    const auto once = std::make_shared<bool>(false);
    const auto answer = [once, reply](HttpResponse response) {
      if (!std::exchange(*once, true)) reply(std::move(response));
    };
    server.after(kStoreTimeout, [answer] { answer(not_ready()); });
    const auto ask = [](store::Transaction& tx) {
      return tx.query_one("SELECT 1", {}, [](const store::Row& row) { return row.integer(0); });
    };
    store.read(apps::post_here(), ask, [answer](const auto& found) {
      answer(found && *found ? HttpResponse::json(200, {{"status", "ready"}}) : not_ready());
    });
  });
}

}  // namespace belfry::server
