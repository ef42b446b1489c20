#include "net/site.h"

#include "net/engine_endpoint.h"
#include "net/http_pump.h"

namespace belfry::net {

EngineEndpoint* Site::endpoint(std::string_view path) const {
  for (EngineEndpoint* endpoint : endpoints) {
    if (endpoint->serves(path)) return endpoint;
  }
  return nullptr;
}

// What the copies of a responder share. The pump is looked at on its shard only.
struct Responder::Once {
  runtime::Shard& shard;
  std::weak_ptr<HttpPump*> pump;
  runtime::Flag answered{false};

  ~Once() { send(http::text(500, "Internal Server Error")); }

  void send(http::Response response) {
    if (answered.exchange(true)) return;
    shard.run_or_post([weak = pump, response = std::move(response)] {
      const auto alive = weak.lock();
      if (alive != nullptr && *alive != nullptr) (*alive)->respond(response);
    });
  }
};

Responder::Responder(runtime::Shard& shard, std::weak_ptr<HttpPump*> pump)
    : once_(std::make_shared<Once>(shard, std::move(pump))) {}

void Responder::respond(http::Response response) const {
  once_->send(std::move(response));
}

}  // namespace belfry::net
