// Sockets, acknowledgements, and emitting to many.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "belfry/adapter.h"
#include "belfry/args.h"
#include "belfry/limits.h"
#include "belfry/payload.h"
#include "belfry/result.h"
#include "belfry/value.h"

namespace belfry {

namespace socketio {
class SocketCore;
struct PendingReply;
struct Shared;
}  // namespace socketio

class Socket;

/// The acknowledgement that a client asked for, or none. A handle: copies are one. Any thread; answered at
/// most once, and nothing happens where the client has gone or did not ask.
class Ack {
 public:
  Ack() = default;
  explicit Ack(std::shared_ptr<socketio::PendingReply> reply) : reply_(std::move(reply)) {}

  /// Whether the client asked.
  bool wanted() const { return reply_ != nullptr; }
  template <class... T>
  void operator()(const T&... args) const {
    if (wanted()) send(make_payload(args...));
  }
  void send(Payload payload) const;

 private:
  std::shared_ptr<socketio::PendingReply> reply_;
};

/// Chooses sockets of a namespace, over all shards and servers, and does something with them. A value: each
/// call returns another. Any thread. Callbacks come once, on the shard that asked, or on shard 0 where no
/// shard did.
class Emitter {
 public:
  Emitter(socketio::Shared& shared, std::string nsp, Target target = {});

  /// To the members of these rooms too, each socket once.
  Emitter to(std::string room) const;
  Emitter to(const std::vector<std::string>& rooms) const;
  Emitter in(std::string room) const { return to(std::move(room)); }
  /// But not to the members of these. A socket's id is the room that it is alone in.
  Emitter except(std::string room) const;
  Emitter except(const std::vector<std::string>& rooms) const;
  /// Only to sockets of this server.
  Emitter local() const;
  /// May be dropped where the transport cannot send at once.
  Emitter as_volatile() const;
  /// For events that tell a state: of those with this key that wait for a connection and have not begun to
  /// leave, only the newest stays, in its own place, the last. So a client gets what was emitted in that
  /// order, without the states that are out of date; one that is renewed faster than a slow connection gets
  /// on comes when it rests. What is emitted in one turn waits until its end, so not for pairs such as a
  /// start and a stop. A key is the namespace's. Without effect on `emit_with_ack`.
  Emitter coalesce(std::string key) const;
  /// Whether transports that compress may compress it; default true.
  Emitter compress(bool on) const;
  /// For `emit_with_ack`; default `ServerOptions::ack_timeout`.
  Emitter timeout(std::chrono::milliseconds timeout) const;

  template <class... T>
  void emit(std::string_view event, const T&... args) const {
    emit_payload(make_payload(event, args...));
  }
  /// The same event to all, and each socket's outcome: its answer, `timed_out` or `closed`.
  /// `emit_with_ack("event", args..., [](std::vector<AckOutcome>) {…})`
  template <class... T>
  void emit_with_ack(std::string_view event, const T&... args_and_done) const {
    const auto all = std::tie(args_and_done...);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      emit_payload_with_ack(make_payload(event, std::get<I>(all)...), std::get<sizeof...(T) - 1>(all));
    }(std::make_index_sequence<sizeof...(T) - 1>());
  }
  void emit_payload(const Payload& payload) const;
  void emit_payload_with_ack(const Payload& payload, std::function<void(std::vector<AckOutcome>)> done) const;

  void fetch_sockets(std::function<void(std::vector<RemoteSocket>)> done) const;
  void count_sockets(std::function<void(std::size_t)> done) const;
  /// The rooms of the whole namespace that have a socket in them, whatever this is aimed at; sorted.
  void fetch_rooms(std::function<void(std::vector<std::string>)> done) const;
  void sockets_join(const std::vector<std::string>& rooms) const;
  void sockets_leave(const std::vector<std::string>& rooms) const;
  /// `close`: the whole connections, not only this namespace.
  void disconnect_sockets(bool close = false) const;

 private:
  SocketOperations& operations() const;

  socketio::Shared* shared_;
  std::string nsp_;
  Target target_;
  EmitFlags flags_;
  std::chrono::milliseconds timeout_;
};

using EventHandler = std::function<void(Socket&, const Args&, Ack)>;
using UnhandledHandler = std::function<void(Socket&, std::string_view event, const Args&, Ack)>;
using AnyHandler = std::function<void(Socket&, std::string_view event, const Args&)>;
using DisconnectHandler = std::function<void(Socket&, std::string_view reason)>;
using DrainHandler = std::function<void(Socket&)>;
/// Calls `next()` to let an event pass, `next(error)` to stop it; once, on any thread, at any time.
using PacketNext = std::function<void(std::optional<Error>)>;
using PacketMiddleware = std::function<void(Socket&, std::string_view event, const Args&, PacketNext next)>;
using ErrorHandler = std::function<void(Socket&, std::string_view event, const Error&)>;

/// A client in a namespace. A handle: copies are the same socket, may go to any thread, and tell when it has
/// gone.
///
/// Threads: `id`, `nsp`, `connected`, everything that emits, `join`, `leave` and `disconnect` may be called
/// anywhere; away from the socket's shard they take effect there, in the order of the calls. `rooms`, `data`,
/// `handshake`, `buffered_bytes` and the `on…` functions belong to its shard, where its handlers run: one at
/// a time, in the order of the client's events.
class Socket {
 public:
  explicit Socket(std::shared_ptr<socketio::SocketCore> core) : core_(std::move(core)) {}

  const std::string& id() const;
  const std::string& nsp() const;
  bool connected() const;
  /// Whether its client lost its connection and goes on with the same session (`ServerOptions::recovery`):
  /// id, rooms and data are those of before. Constant once it is in its namespace.
  bool recovered() const;
  /// In a middleware, for a socket that would go on with a session: it begins a new one, without data.
  void begin_anew() const;
  /// Runs `task` on the socket's shard.
  void post(std::function<void()> task) const;

  /// The application's own data of this socket; given out by `fetch_sockets`.
  Value& data() const;
  /// The rooms that it is in, its own id first.
  std::vector<std::string> rooms() const;
  HandshakeInfo handshake() const;
  /// What waits for the client's connection, all of its sockets together, and the kernel has not taken; 0
  /// when it has gone.
  std::size_t buffered_bytes() const;
  /// The CONNECT payload.
  const Value& auth() const;

  template <class... T>
  void emit(std::string_view event, const T&... args) const {
    emit_payload(make_payload(event, args...), {});
  }
  /// Dropped where the transport cannot send at once.
  template <class... T>
  void emit_volatile(std::string_view event, const T&... args) const {
    emit_payload(make_payload(event, args...), {.is_volatile = true});
  }
  /// Of the events of this key that wait for the client, only the newest stays; see `Emitter::coalesce`.
  template <class... T>
  void emit_latest(const std::string& key, std::string_view event, const T&... args) const {
    emit_payload(make_payload(event, args...), {.key = key});
  }
  /// Asks for an acknowledgement: `done` gets the answer, `timed_out` or `closed`, once, on the socket's
  /// shard.
  template <class... T>
  void emit_with_ack(std::chrono::milliseconds timeout, std::function<void(AckResult)> done,
                     std::string_view event, const T&... args) const {
    emit_payload_with_ack(make_payload(event, args...), {}, timeout, std::move(done));
  }
  void emit_payload(Payload payload, EmitFlags flags) const;
  void emit_payload_with_ack(Payload payload, EmitFlags flags, std::chrono::milliseconds timeout,
                             std::function<void(AckResult)> done) const;

  /// False on the socket's shard where it is not in the room afterwards: it has gone, or is in too many, or
  /// the name is too long. Elsewhere true.
  bool join(std::string room) const;
  void leave(std::string room) const;
  /// Leaves the namespace; `close` ends the client's whole connection.
  void disconnect(bool close = false) const;
  /// Ends the client's connection without a DISCONNECT packet.
  void drop() const;

  /// What this socket sends counts there, too, and it waits where that is exceeded; null: no longer.
  void limit_with(std::shared_ptr<SharedLimit> limit) const;

  /// The others in a room.
  Emitter to(std::string room) const { return broadcast().to(std::move(room)); }
  Emitter in(std::string room) const { return to(std::move(room)); }
  Emitter except(std::string room) const { return broadcast().except(std::move(room)); }
  /// All others in the namespace.
  Emitter broadcast() const;

  /// Handlers of this socket alone, beside those of its namespace.
  void on(std::string event, EventHandler handler) const;
  void on_any(AnyHandler handler) const;
  void on_disconnecting(DisconnectHandler handler) const;
  void on_disconnect(DisconnectHandler handler) const;
  void on_error(ErrorHandler handler) const;
  /// Called when less than half of `ServerOptions::drain_mark_bytes` waits for the client, after more than
  /// all of it did: the moment to go on with what was held back.
  void on_drain(DrainHandler handler) const;
  void use(PacketMiddleware middleware) const;

  bool operator==(const Socket&) const = default;

 private:
  std::shared_ptr<socketio::SocketCore> core_;
};

}  // namespace belfry
