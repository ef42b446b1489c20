#include "apps/health/gateway.h"

#include <utility>

#include "apps/health/session.h"

namespace belfry::health {

namespace {

using apps::Request;

ConnectError connect_error(const Error& error) {
  if (error.kind == ErrorKind::unauthenticated) return {"Authentication error: " + error.message};
  if (error.kind == ErrorKind::rate_limited) return {error.message, {{"retryAfterMs", error.retry_after_ms}}};
  return {error.message};
}

}  // namespace

Gateway::Gateway(Context& context, const apps::Identity& identity, const apps::TrustedProxies& proxies,
                 runtime::EventBus& bus)
    : context_(context), identity_(identity), proxies_(proxies), rooms_(context) {
  for (const Namespace& nsp : context_.mounts.all()) mount(nsp);
  // The store's thread commits while a shard tells; one shard for each visit keeps the order of its messages.
  bus.subscribe<MessageStored>([this](const std::shared_ptr<const MessageStored>& stored) {
    context_.homes.run(stored->message.conversation_id, [this, stored](ShardState&) { tell(*stored); });
  });
}

void Gateway::mount(const Namespace& nsp) {
  nsp.use([this](Socket& socket, const Next& next) { admit(socket, next); });
  nsp.on_connection([this](Socket& socket) { welcome(socket); });
  nsp.on("message:send",
         [this](Socket& socket, const Args& args, const Ack& ack) { on_send(socket, args[0], ack); });
  nsp.on("message:history",
         [this](Socket& socket, const Args& args, const Ack& ack) { on_history(socket, args[0], ack); });
  rooms_.mount(nsp);
  nsp.on_disconnect([this](Socket& socket, std::string_view reason) {
    rooms_.drop(socket);
    log_leaving(socket, reason);
  });
}

void Gateway::admit(const Socket& socket, const Next& next) {
  const Value& auth = socket.auth();
  const auto given = auth.is_object() ? auth.find("token") : auth.end();
  std::string token;
  if (auth.is_object() && given != auth.end() && !given->is_null()) {
    token = given->is_string() ? given->get<std::string>() : given->dump();
  }
  const std::string address = proxies_.client_of(socket.handshake());
  context_.homes.run(address, [this, socket, next, address, token = std::move(token)](ShardState& home) {
    if (auto passed = home.connects.take(address, TimePoint::clock::now()); !passed) {
      return next(connect_error(passed.error()));
    }
    identity_.by_token(token, [this, socket, next](const Result<Caller>& caller) {
      if (!caller) return next(connect_error(apps::shown(caller.error(), "connect", context_.log)));
      socket.post([socket, next, user = *caller] {
        set_caller(socket, user);
        next();
      });
    });
  });
}

void Gateway::welcome(const Socket& socket) {
  const Caller caller = caller_of(socket);
  socket.join(user_room_name(caller.user_id));
  socket.join("notifications:" + caller.user_id);
  socket.emit("connected", Value{{"userId", caller.user_id},
                                 {"socketId", socket.id()},
                                 {"role", caller.role},
                                 {"timestamp", iso_time(wall_now_ms())}});
  context_.log.info("health", "connected",
                    {{"user", caller.user_id}, {"socket", socket.id()}, {"app", "health"}});
}

void Gateway::log_leaving(const Socket& socket, std::string_view reason) {
  const Caller caller = caller_of(socket);
  context_.log.info(
      "health", "disconnected",
      {{"user", caller.user_id}, {"socket", socket.id()}, {"app", "health"}, {"reason", reason}});
}

void Gateway::on_send(const Socket& socket, const Value& payload, const Ack& ack) {
  const Request request{socket, "message:send", ack, context_.log};
  const auto target = from_value<VisitTarget>(payload);
  if (!target) return request.refuse(target.error());
  const auto input = from_value<MessageInput>(payload);
  if (!input) return request.refuse(input.error());
  const Caller caller = caller_of(socket);
  auto message = read_message(*input, caller.user_id, context_.options.message);
  if (!message) return request.refuse(message.error());

  const auto write = [caller, visit = target->visit_id, message = std::move(*message),
                      answered = ack.wanted() ? socket.id() : ""](store::Transaction& tx) {
    return send_message(tx, caller, visit, message, answered);
  };
  const auto done = [request](const Result<conversations::Message>& stored) {
    if (!stored) return request.refuse(stored.error());
    request.succeed({{"message", to_json(*stored)}});
  };
  const auto submit = [this, request, post = apps::post_here(), user = caller.user_id,
                       visit = target->visit_id, write, done](ShardState& home) {
    if (auto passed = home.messages.take(user, TimePoint::clock::now()); !passed) {
      return request.refuse(passed.error());
    }
    context_.store.write(post, visit, write, done);
  };
  context_.homes.run(caller.user_id, submit);
}

void Gateway::on_history(const Socket& socket, const Value& payload, const Ack& ack) {
  const Request request{socket, "message:history", ack, context_.log};
  const auto target = from_value<VisitTarget>(payload);
  if (!target) return request.refuse(target.error());
  const auto input = from_value<HistoryInput>(payload);
  if (!input) return request.refuse(input.error());
  const auto query = read_history(*input);
  if (!query) return request.refuse(query.error());

  const auto read = [caller = caller_of(socket), visit = target->visit_id, query = *query](
                        store::Transaction& tx) { return read_messages(tx, caller, visit, query); };
  context_.store.read(apps::post_here(), read, [request](const Result<conversations::History>& history) {
    if (!history) return request.refuse(history.error());
    Value messages = Value::array();
    for (const auto& message : history->messages) messages.push_back(to_history_json(message));
    request.succeed({{"messages", std::move(messages)},
                     {"hasMore", history->has_more},
                     {"nextCursor", history->next_cursor ? Value(*history->next_cursor) : Value(nullptr)}});
  });
}

void Gateway::tell(const MessageStored& stored) const {
  const conversations::Message& message = stored.message;
  const Value json = to_json(message);
  const std::string sender = user_room_name(message.sender_id);
  // An admin is no participant, but may be in the visit's room.
  std::vector<std::string> others{"visit:" + message.conversation_id};
  for (const std::string& id : stored.participants) others.push_back(user_room_name(id));
  context_.mounts.emit(others, {sender}, "message:new", json);
  std::vector<std::string> except;
  if (!stored.answered_socket.empty()) except.push_back(stored.answered_socket);
  context_.mounts.emit({sender}, except, "message:sent", json);
  context_.log.info("health", "message stored",
                    {{"message", message.id},
                     {"visit", message.conversation_id},
                     {"seq", std::to_string(message.seq)},
                     {"user", message.sender_id}});
}

}  // namespace belfry::health
