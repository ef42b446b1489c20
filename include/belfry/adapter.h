// Which sockets, over how many processes: the interface between the server and what joins several servers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "belfry/args.h"
#include "belfry/log.h"
#include "belfry/payload.h"
#include "belfry/result.h"
#include "belfry/value.h"

namespace belfry {

namespace runtime {
class Shards;
}  // namespace runtime
namespace socketio {
class SharedSessions;
}  // namespace socketio

/// Which sockets of a namespace an operation means. A socket's own id is a room that only it is in.
struct Target {
  std::vector<std::string> rooms;   ///< in any of these; empty: all
  std::vector<std::string> except;  ///< and in none of these
};

/// How an event is sent.
struct EmitFlags {
  bool is_volatile = false;  ///< dropped where the transport cannot send at once
  bool compress = true;      ///< whether a transport that compresses may compress it
  bool local = false;        ///< only to sockets of this process
  /// Of the events of one key that wait for a connection, only the newest stays. Empty: all stay. Without
  /// effect on events that ask for an acknowledgement.
  std::string key = {};
};

/// What one socket answered to an event that asked for an acknowledgement: its arguments, or `timed_out` or
/// `closed`.
using AckResult = Result<Args>;

/// One socket's outcome of a broadcast with acknowledgements.
struct AckOutcome {
  /// Empty for sockets of Node.js servers, which do not tell it, and for those of other servers that did not
  /// answer.
  std::string socket_id;
  AckResult result;  ///< of a socket of another server the first argument only
};

/// A client's first request, as a handler sees it.
struct HandshakeInfo {
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::vector<std::pair<std::string, std::string>> query;    ///< decoded
  std::string url;
  std::string address;               ///< without a port
  bool secure = false;               ///< whether it came over TLS
  std::int64_t issued_ms = 0;        ///< milliseconds since 1970
  Value auth;                        ///< the CONNECT payload
  bool from_allowed_origin = false;  ///< sent by a page (`Origin`) that may use the server
};

/// A socket somewhere in the cluster, as it was when it was asked for.
struct RemoteSocket {
  std::string id;
  std::vector<std::string> rooms;  ///< its own id included
  Value data;
  HandshakeInfo handshake;
  /// The id of the Engine.IO session that it shares with its client's other sockets; empty for those of
  /// Node.js servers, which do not tell it.
  std::string connection;
};

/// The operations on sockets of a namespace. `LocalSockets` does them on the sockets of this process; an
/// Adapter on those of all processes. Every function may be called on any thread; each `done` is called once,
/// on the shard that asked or, asked from elsewhere, on shard 0.
class SocketOperations {
 public:
  virtual ~SocketOperations() = default;
  virtual void broadcast(const std::string& nsp, const Payload& payload, const Target& target,
                         EmitFlags flags) = 0;
  virtual void broadcast_with_ack(const std::string& nsp, const Payload& payload, const Target& target,
                                  EmitFlags flags, std::chrono::milliseconds timeout,
                                  std::function<void(std::vector<AckOutcome>)> done) = 0;
  virtual void fetch_sockets(const std::string& nsp, const Target& target,
                             std::function<void(std::vector<RemoteSocket>)> done) = 0;
  virtual void count_sockets(const std::string& nsp, const Target& target,
                             std::function<void(std::size_t)> done) = 0;
  /// The names of the rooms that have a socket in them, but for those of a socket's own id.
  virtual void fetch_rooms(const std::string& nsp, std::function<void(std::vector<std::string>)> done) = 0;
  virtual void join(const std::string& nsp, const Target& target, const std::vector<std::string>& rooms) = 0;
  virtual void leave(const std::string& nsp, const Target& target, const std::vector<std::string>& rooms) = 0;
  /// `close`: the whole connection, not only this namespace.
  virtual void disconnect(const std::string& nsp, const Target& target, bool close) = 0;
};

/// The operations on the sockets of this process, with what an adapter needs besides.
class LocalOperations : public SocketOperations {
 public:
  /// A broadcast with acknowledgements that tells what comes as it comes, in this order: `asked`, once, how
  /// many sockets are asked; then `answered` for each of them. Both on the shard that asked, or on shard 0.
  virtual void broadcast_asking(const std::string& nsp, const Payload& payload, const Target& target,
                                EmitFlags flags, std::chrono::milliseconds timeout,
                                std::function<void(std::size_t)> asked,
                                std::function<void(AckOutcome)> answered) = 0;

  // Of a log that servers share and sessions are recovered from (`Adapter::sessions`).

  /// A broadcast that stands in it, with the entry's id as its offset. 0: it stands nowhere, and whoever
  /// misses it is not recovered.
  virtual void broadcast_entry(const std::string& nsp, const Payload& payload, const Target& target,
                               const EmitFlags& flags, std::uint64_t entry) = 0;
  /// Everything of the namespace up to that entry, which is of another kind, has been done.
  virtual void passed(const std::string& nsp, std::uint64_t entry) = 0;
};

/// Joins several servers. Given to `Server::adapter` before it listens.
///
/// What an adapter is told of this server (`on_namespace`, `on_room`) comes on any shard, once for every
/// shard that it holds for, and before anything else is done there. It must not wait.
class Adapter : public SocketOperations {
 public:
  /// Sends an event to the other servers; `done`, where given, gets one answer of each.
  virtual void server_side_emit(const std::string& nsp, const Payload& payload,
                                std::function<void(std::vector<AckResult>)> done) = 0;
  /// How many servers there are, this one counted.
  virtual void server_count(std::function<void(std::size_t)> done) = 0;

  /// The server has sockets in the namespace from now on, or may have; or has none any more.
  virtual void on_namespace(const std::string& nsp, bool in_use) { (void)nsp, (void)in_use; }
  /// Whether `on_room` is to be called. Constant.
  virtual bool wants_rooms() const { return false; }
  /// A room of a namespace has a first member on a shard, or has lost its last. The room of a socket's own id
  /// is told as well.
  virtual void on_room(const std::string& nsp, std::string_view room, bool in_use) {
    (void)nsp, (void)room, (void)in_use;
  }
  /// Keeps sessions for all servers of its cluster; null: each server keeps its own, in memory. Constant.
  virtual socketio::SharedSessions* sessions() { return nullptr; }
  /// What has been counted since the start, by name. Any thread.
  virtual std::map<std::string, std::int64_t> counts() const { return {}; }
};

/// What an adapter gets to work with.
struct AdapterContext {
  LocalOperations& local;  ///< the sockets of this process; outlives the adapter
  /// Hands an event of another server to the handlers of `Namespace::on_server_event`.
  std::function<void(const std::string& nsp, std::string_view event, const Args&,
                     std::function<void(Payload)> answer)>
      on_server_event;
  runtime::Shards& shards;  ///< of the server, for the adapters of the library; outlive the adapter
  Log& log;                 ///< outlives the adapter
  /// How long a session waits for its client; none: it ends with its connection.
  std::optional<std::chrono::milliseconds> session_time = {};
};

using AdapterFactory = std::function<std::unique_ptr<Adapter>(AdapterContext)>;

/// The adapter of a single server; the default.
AdapterFactory memory_adapter();

}  // namespace belfry
