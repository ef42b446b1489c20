// A Socket.IO server.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <string_view>

#include "belfry/adapter.h"
#include "belfry/allow_request.h"
#include "belfry/engine.h"
#include "belfry/http.h"
#include "belfry/namespace.h"
#include "belfry/options.h"
#include "belfry/result.h"
#include "belfry/stats.h"

namespace belfry {

/// Owns the shards and everything on them. Set up on one thread, then `listen`; from then on its namespaces,
/// routes and handlers are fixed, and its own functions but `stop` and `run` may be called on any thread.
/// An exception out of a handler or callback is a defect: it is logged under a correlation id, an event or
/// request that waits for an answer gets one (`Internal error`, 500), and nobody else notices.
///
///   belfry::Server server;
///   server.of("/").on("chat", [](belfry::Socket& socket, const belfry::Args& args, belfry::Ack ack) {
///     socket.to("lobby").emit("chat", args);
///     ack("ok");
///   });
///   if (auto listening = server.listen("127.0.0.1", 3000); listening) server.run();
class Server {
 public:
  explicit Server(ServerOptions options = {});
  /// Stops.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// The namespace of that name; made where there is none. A missing leading slash is added.
  Namespace of(std::string name);
  /// All namespaces whose whole name matches.
  Namespace of(const std::regex& pattern);
  /// All namespaces that the predicate admits, given their name and the CONNECT payload. Called on any shard.
  Namespace of(std::function<bool(std::string_view name, const Value& auth)> admits);
  /// The sockets of any namespace, one of a pattern too.
  Emitter sockets(std::string nsp);

  /// Joins this server with others; default `memory_adapter()`.
  void adapter(const AdapterFactory& factory);
  /// How many servers the adapter joins, this one counted; on the shard that asks, or on shard 0.
  void server_count(std::function<void(std::size_t)> done);
  /// What the adapter has counted since the start, by its own names. Any thread.
  std::map<std::string, std::int64_t> adapter_counts() const;
  /// Serves the application's own requests: `route("GET", "/users/{id}", …)`; `*` at the end is the rest of
  /// the path.
  void route(std::string method, std::string_view pattern, HttpHandler handler);
  /// Serves the files below `folder` at `mount`.
  void serve_files(const std::string& mount, const std::string& folder);
  /// Has `handler` asked whether a client may come in, for each handshake. Until it answers, what the client
  /// sends behind its request waits. A client whose handler throws or has not answered within `timeout` is
  /// refused.
  void allow_request(AllowRequestHandler handler,
                     std::chrono::milliseconds timeout = std::chrono::seconds(10));
  /// A bare Engine.IO server at another path, with the same options.
  void engine(std::string path, EngineHandler on_message);

  /// Binds, starts the shards and accepts connections; raises the process's limit of open files to what it
  /// may be. Port 0: a free one, see `port`. Fails with `unavailable` where the port is taken or the
  /// certificate of no use, `invalid` where the host is none, `client_dir` has no client or the cookie's name
  /// is none.
  Result<void> listen(const std::string& host, int port);
  /// The same at a Unix socket, beside TCP or instead: called before `listen` or after it, not on a shard,
  /// any number of times. The file gets the bits of `mode` and goes when the server stops; one that a dead
  /// server has left is replaced. Connections are plain, whatever the options say of TLS; their address is
  /// `unix`. Fails with `unavailable` where another server listens there, something else is there or the
  /// folder is none of ours, `invalid` where the path is too long (103 bytes).
  Result<void> listen_unix(const std::string& path, unsigned mode = 0660);
  /// Where the other servers of `ServerOptions::cluster` bring what they forward, and nobody else: plain HTTP
  /// without a PROXY header, whatever the port for clients speaks. After `listen` or before it, once, not on
  /// a shard. Port 0: a free one, which is returned. Fails as `listen` does, and with `invalid` without
  /// `cluster`.
  Result<int> listen_peers(const std::string& host, int port);
  /// Of TCP; 0 where it does not listen there.
  int port() const;
  /// Reads the certificate and its key again: who is connected stays, who comes gets the new one. Fails where
  /// the files are of no use, and the old one holds. Any thread, once the server listens.
  Result<void> reload_tls();
  /// Waits for SIGTERM or SIGINT, drains over `spread` unless that is 0, and stops. Where there is a
  /// certificate, SIGHUP reloads it.
  void run(std::chrono::milliseconds spread = std::chrono::milliseconds(0));
  /// Moves the clients to other servers, before `stop`: new handshakes get 503, who is connected is told at
  /// once when to come back (`ServerOptions::shutdown_event`) and disconnected at a moment of its own within
  /// `spread` (20 ms a client, at most), so that not all come back together. A tenth of a second before,
  /// nothing more is read of it, so that it still gets the answers to what it has begun. Stock clients come
  /// back by themselves (`transport close`). HTTP routes are served on, one request a connection. Returns
  /// when all have gone, at most a good second after `spread`. Not on a shard, while the server listens.
  void drain(std::chrono::milliseconds spread);
  /// Ends every session ("events missed"), also those that wait to be recovered: for an application that does
  /// not know what its clients should have been told. Stock clients come back by themselves, as new ones. On
  /// any thread, while the server listens.
  void end_sessions();
  /// Refuses handshakes, ends all sockets ("server shutting down"), lets what is queued leave for at
  /// most `drain`, and ends the shards. Not on a shard. Idempotent.
  void stop(std::chrono::milliseconds drain = std::chrono::seconds(10));

  unsigned threads() const;
  /// Runs `task` on that shard.
  void post_to(unsigned shard, std::function<void()> task);
  /// Runs `task` once, on the shard that asks or on shard 0; not at all where the server stops before.
  void after(std::chrono::milliseconds delay, std::function<void()> task);
  /// What has been counted, on all paths. Any thread.
  ServerStats stats() const;
  /// Engine.IO connections of the Socket.IO path, now.
  std::size_t clients_count() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace belfry
