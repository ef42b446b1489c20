#include "belfry/namespace.h"

#include <algorithm>

#include "api/handles.h"
#include "socketio/hub.h"

namespace belfry {

std::string user_room_name(std::string_view user_id) {
  return "user:" + std::string(user_id);
}

std::string chat_room_name(std::string_view user_a, std::string_view user_b) {
  const auto [first, second] = std::minmax(user_a, user_b);
  return "chat:" + std::string(first) + ":" + std::string(second);
}

Namespace::Namespace(socketio::Shared& shared, std::shared_ptr<socketio::NamespaceDef> def)
    : shared_(&shared), def_(std::move(def)) {}

const std::string& Namespace::name() const {
  return def_->name;
}

void Namespace::use(Middleware middleware) const {
  def_->middlewares.push_back([middleware = std::move(middleware)](const socketio::SocketPtr& core, auto go) {
    Socket socket(core);
    middleware(socket, Next([go = std::move(go)](std::optional<ConnectError> error) {
                 if (!error) return go(std::nullopt);
                 go(socketio::Refusal{std::move(error->message), std::move(error->data)});
               }));
  });
}

void Namespace::on_connection(ConnectionHandler handler) const {
  def_->connection.push_back(with_handle(std::move(handler)));
}
void Namespace::on(std::string event, EventHandler handler) const {
  def_->handlers.events[std::move(event)].push_back(event_with_handle(std::move(handler)));
}
void Namespace::on_any(AnyHandler handler) const {
  def_->handlers.any.push_back(with_handle(std::move(handler)));
}
void Namespace::on_unhandled(UnhandledHandler handler) const {
  def_->handlers.unhandled = [handler = std::move(handler)](const socketio::SocketPtr& core,
                                                            std::string_view event, const Args& args,
                                                            const socketio::ReplyPtr& reply) {
    Socket socket(core);
    handler(socket, event, args, Ack(reply));
  };
}
void Namespace::on_disconnecting(DisconnectHandler handler) const {
  def_->handlers.disconnecting.push_back(with_handle(std::move(handler)));
}
void Namespace::on_disconnect(DisconnectHandler handler) const {
  def_->handlers.disconnect.push_back(with_handle(std::move(handler)));
}
void Namespace::on_error(ErrorHandler handler) const {
  def_->handlers.error.push_back(with_handle(std::move(handler)));
}
void Namespace::on_drain(DrainHandler handler) const {
  def_->handlers.drain.push_back(with_handle(std::move(handler)));
}
void Namespace::use_packet(PacketMiddleware middleware) const {
  def_->handlers.packet_middlewares.push_back(with_handle(std::move(middleware)));
}
void Namespace::on_server_event(std::string event, ServerEventHandler handler) const {
  def_->server_events[std::move(event)] = std::move(handler);
}

void Namespace::limit(const RateLimits& limits) const {
  def_->limits = limits;
}
void Namespace::limit(std::string event, Rate rate) const {
  def_->event_rates[std::move(event)] = rate;
}

Emitter Namespace::sockets() const {
  return Emitter(*shared_, def_->name);
}

void Namespace::server_side_emit(const Payload& payload,
                                 std::function<void(std::vector<AckResult>)> done) const {
  shared_->adapter->server_side_emit(def_->name, payload, std::move(done));
}

void Namespace::is_user_connected(std::string_view user_id, std::function<void(bool)> done) const {
  to(user_room_name(user_id)).count_sockets([done = std::move(done)](std::size_t count) { done(count > 0); });
}

std::vector<std::string> Namespace::user_rooms(const std::vector<std::string>& user_ids) {
  std::vector<std::string> rooms;
  rooms.reserve(user_ids.size());
  for (const auto& id : user_ids) rooms.push_back(user_room_name(id));
  return rooms;
}

void Namespace::reject(Socket& socket, std::string_view event, const Error& error, const Ack& ack) {
  if (!ack.wanted()) return socket.emit("error", Value{{"event", event}, {"message", error.text()}});
  Value answer = {{"success", false}, {"error", error.text()}};
  if (error.kind == ErrorKind::rate_limited) answer["retryAfterMs"] = error.retry_after_ms;
  ack(answer);
}

}  // namespace belfry
