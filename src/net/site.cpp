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

// The pump is looked at on its shard only.
Responder::Responder(runtime::Shard& shard, std::weak_ptr<HttpPump*> pump)
    : once_(
          [&shard, weak = std::move(pump)](http::Response response) {
            shard.run_or_post([weak, response = std::move(response)] {
              const auto alive = weak.lock();
              if (alive != nullptr && *alive != nullptr) (*alive)->respond(response);
            });
          },
          [] { return http::text(500, "Internal Server Error"); }) {}

void Responder::respond(http::Response response) const {
  once_(std::move(response));
}

}  // namespace belfry::net
