// A namespace: who may come in, what is done with its events, and emitting to its sockets.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "belfry/limits.h"
#include "belfry/socket.h"

namespace belfry {

namespace socketio {
struct NamespaceDef;
}  // namespace socketio

/// Why a client is not let in: `connect_error` with this message, and `data` where it is not null.
struct ConnectError {
  std::string message;
  Value data = nullptr;
};

/// Lets a client go on, or refuses it. Once, on any thread, at any time; others do not wait.
class Next {
 public:
  explicit Next(std::function<void(std::optional<ConnectError>)> go) : go_(std::move(go)) {}
  void operator()() const { go_(std::nullopt); }
  void operator()(ConnectError error) const { go_(std::move(error)); }

 private:
  std::function<void(std::optional<ConnectError>)> go_;
};

using Middleware = std::function<void(Socket&, Next next)>;
using ConnectionHandler = std::function<void(Socket&)>;
/// Gets an event of another server; `answer` is for its acknowledgement.
using ServerEventHandler = std::function<void(const Args&, std::function<void(Payload)> answer)>;

/// The room of a user, whom every device of theirs is in.
std::string user_room_name(std::string_view user_id);
/// The room of two users, whichever comes first.
std::string chat_room_name(std::string_view user_a, std::string_view user_b);

/// A namespace, or all that a pattern admits. A handle. Handlers are set before the server listens, and run
/// on the shard of their socket; emitting may be done on any thread.
class Namespace {
 public:
  Namespace(socketio::Shared& shared, std::shared_ptr<socketio::NamespaceDef> def);

  /// Empty for a pattern.
  const std::string& name() const;

  /// Asked before a client is let in, in the order of the calls.
  void use(Middleware middleware) const;
  void on_connection(ConnectionHandler handler) const;
  /// The event of every socket: `on("event", [](Socket&, const Args&, Ack) {…})`
  void on(std::string event, EventHandler handler) const;
  /// The same with a payload that is described (`describe.h`): `on<T>("event", [](Socket&, const T&, Ack)
  /// {…})`. A payload of another shape is answered `{success:false, error:"<field>: <what is wrong>"}`, or by
  /// an event `error` where no acknowledgement was asked for.
  template <class T, class Handler>
  void on(std::string event, Handler handler) const {
    on(event, EventHandler([event, handler = std::move(handler)](Socket& socket, const Args& args, Ack ack) {
         auto payload = args.get<T>();
         if (!payload) return reject(socket, event, payload.error(), ack);
         handler(socket, *payload, std::move(ack));
       }));
  }
  void on_any(AnyHandler handler) const;
  /// For events that have no handler; without it they are ignored, and their acknowledgements never sent.
  void on_unhandled(UnhandledHandler handler) const;
  void on_disconnecting(DisconnectHandler handler) const;
  void on_disconnect(DisconnectHandler handler) const;
  void on_error(ErrorHandler handler) const;
  void on_drain(DrainHandler handler) const;
  void use_packet(PacketMiddleware middleware) const;
  void on_server_event(std::string event, ServerEventHandler handler) const;

  /// What each socket may send here, instead of `ServerOptions::per_socket`.
  void limit(const RateLimits& limits) const;
  /// How often each socket may send this event.
  void limit(std::string event, Rate rate) const;

  /// All sockets of the namespace. (Of a pattern: use `Server::sockets` with a name.)
  Emitter sockets() const;
  Emitter to(std::string room) const { return sockets().to(std::move(room)); }
  Emitter in(std::string room) const { return to(std::move(room)); }
  Emitter except(std::string room) const { return sockets().except(std::move(room)); }
  template <class... T>
  void emit(std::string_view event, const T&... args) const {
    sockets().emit(event, args...);
  }
  /// To the other servers; `done`, where given, gets an answer of each.
  void server_side_emit(const Payload& payload,
                        std::function<void(std::vector<AckResult>)> done = nullptr) const;

  /// All devices of a user, or of several, each socket once. An empty list sends nothing.
  template <class T>
  void emit_to_user(std::string_view user_id, std::string_view event, const T& payload) const {
    to(user_room_name(user_id)).emit(event, payload);
  }
  template <class T>
  void emit_to_users(const std::vector<std::string>& user_ids, std::string_view event,
                     const T& payload) const {
    if (!user_ids.empty()) sockets().to(user_rooms(user_ids)).emit(event, payload);
  }
  template <class T>
  void emit_to_user_rooms(std::string_view event, const std::vector<std::string>& user_ids,
                          const T& payload) const {
    emit_to_users(user_ids, event, payload);
  }
  template <class T>
  void emit_to_room(const std::string& room, std::string_view event, const T& payload) const {
    to(room).emit(event, payload);
  }
  void is_user_connected(std::string_view user_id, std::function<void(bool)> done) const;

  /// Answers a failure as `on<T>` does.
  static void reject(Socket& socket, std::string_view event, const Error& error, const Ack& ack);

 private:
  static std::vector<std::string> user_rooms(const std::vector<std::string>& user_ids);

  socketio::Shared* shared_;
  std::shared_ptr<socketio::NamespaceDef> def_;
};

}  // namespace belfry
