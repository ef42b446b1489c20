// What a shard serves over HTTP: Socket.IO paths, and the application's own requests.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"
#include "http/response.h"
#include "net/half_open.h"
#include "net/http_refusals.h"
#include "net/once.h"
#include "net/peers.h"
#include "net/shard_io.h"
#include "net/tls_context.h"
#include "runtime/snapshot.h"

namespace belfry::net {

class AddressGate;
class EngineEndpoint;
class HttpPump;

/// The way to answer a request of the application's, from any thread, once. Copies are one; if none answers,
/// the client gets 500 when the last is gone. Nothing happens where the client has gone.
class Responder {
 public:
  Responder(runtime::Shard& shard, std::weak_ptr<HttpPump*> pump);
  void respond(http::Response response) const;

 private:
  Once<http::Response> once_;
};

/// Whether a client may come in, and what to tell it if not.
struct Verdict {
  bool allowed = false;
  std::string message = {};
};
/// The way to let a client in that waits, from any thread, once; if none does, it is refused. Nothing happens
/// where the client has gone or has waited too long.
using Admission = Once<Verdict>;

/// An application's request: the peer's address is its connection's.
struct AppRequest {
  http::Request request;
  std::string address;
};

/// Constant once the server listens, but for what the endpoints and `half_open` hold. One a shard.
struct Site {
  explicit Site(ShardIo& shard_io) : io(shard_io) {}

  ShardIo& io;
  std::size_t max_body_bytes = 1'000'000;                         // of any request; past it 413
  std::vector<EngineEndpoint*> endpoints;                         // by path
  std::function<void(const AppRequest&, Responder)> application;  // everything else
  /// Asked for each handshake of an Engine.IO client; null: all are let in.
  std::function<void(const AppRequest&, const Admission&)> admission;
  /// The answer to a request that cannot be read, of which only the head may be known.
  std::function<http::Response(const http::Request&, int status)> refusal;
  const AddressGate* addresses = nullptr;  // of all shards; null: no address is bounded
  std::unique_ptr<Peers> peers;            // null: this server is none of a cluster
  HalfOpen half_open;
  const runtime::Snapshot<TlsContext>* tls = nullptr;  // null: nothing is served over TLS
  HttpRefusals refused;                                // what could not be read
  bool stopping = false;                               // its connections serve one more request at most
  std::vector<Site*>* all = nullptr;                   // of every shard, to move a connection

  /// The endpoint that serves the path, or null.
  EngineEndpoint* endpoint(std::string_view path) const;
};

}  // namespace belfry::net
