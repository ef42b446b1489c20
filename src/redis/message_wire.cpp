#include "redis/message_wire.h"

#include "redis/wire_values.h"

namespace belfry::redis {

MessageType type_of(const Value& message) {
  const Value* type = member(message, "type");
  const bool is_known = type != nullptr && type->is_number_unsigned() &&
                        type->get<std::uint64_t>() <= static_cast<std::uint64_t>(MessageType::adapter_close);
  return is_known ? static_cast<MessageType>(type->get<std::uint64_t>()) : MessageType::none;
}

Value MessageWire::message(const std::string& nsp, MessageType type, Value data) const {
  return {{"uid", uid_}, {"nsp", nsp}, {"type", type}, {"data", std::move(data)}};
}

// ---- to the others ----

void MessageWire::broadcast(const std::string& nsp, const Payload& payload, const Target& target,
                            const EmitFlags& flags) {
  send(nsp, MessageType::broadcast,
       {{"opts", write_target(target, flags)}, {"packet", write_packet(payload, nsp)}});
}

void MessageWire::ask_clients(const std::string& nsp, const Payload& payload, const Target& target,
                              const EmitFlags& flags, std::chrono::milliseconds timeout,
                              const std::string& id) {
  Value options = write_target(target, flags);
  options["flags"]["timeout"] = timeout.count();
  send(nsp, MessageType::broadcast,
       {{"opts", std::move(options)}, {"packet", write_packet(payload, nsp)}, {"requestId", id}});
}

void MessageWire::ask_sockets(const std::string& nsp, const Target& target, const std::string& id) {
  send(nsp, MessageType::fetch_sockets, {{"opts", write_target(target, {})}, {"requestId", id}});
}

void MessageWire::change_rooms(const std::string& nsp, const Target& target,
                               const std::vector<std::string>& rooms, bool join) {
  send(nsp, join ? MessageType::join : MessageType::leave,
       {{"opts", write_target(target, {})}, {"rooms", rooms}});
}

void MessageWire::disconnect(const std::string& nsp, const Target& target, bool close) {
  send(nsp, MessageType::disconnect, {{"opts", write_target(target, {})}, {"close", close}});
}

void MessageWire::server_event(const std::string& nsp, const Payload& payload, const std::string& id) {
  Value data = {{"packet", write_packet(payload, {})["data"]}};
  if (!id.empty()) data["requestId"] = id;
  send(nsp, MessageType::server_event, std::move(data));
}

// ---- from the others ----

void MessageWire::on_published(const std::string& nsp, const Published& published, Places&) {
  auto message = read_message(published.payload);
  report(message ? on_message(nsp, std::move(*message), {}) : Result<void>(std::unexpected(message.error())));
}

void MessageWire::report(const Result<void>& done) const {
  if (!done) context_.tallies.add(Tallied::malformed, done.error().message);
}

Result<void> MessageWire::on_message(const std::string& nsp, Value message, Place place) {
  if (!message.is_object()) return fail(ErrorKind::malformed, "no message");
  const std::string from = text_member(message, "uid");
  if ((from == uid_ && !place.own) || text_member(message, "nsp") != nsp) return {};
  const auto data = message.find("data");
  Value none;
  return do_message(nsp, type_of(message), from, data == message.end() ? none : *data, place);
}

Result<void> MessageWire::do_message(const std::string& nsp, MessageType type, const std::string& from,
                                     Value& data, Place place) {
  switch (type) {
    case MessageType::broadcast:
      return do_broadcast(nsp, from, data, place);
    case MessageType::join:
    case MessageType::leave:
    case MessageType::disconnect: {
      const auto done = change(nsp, type, data);
      if (place.entry != 0) context_.local.passed(nsp, place.entry);
      return done;
    }
    case MessageType::fetch_sockets:
      return list_sockets(nsp, from, data);
    case MessageType::server_event:
      do_server_event(nsp, from, data);
      return {};
    case MessageType::initial_heartbeat:
    case MessageType::heartbeat:
    case MessageType::adapter_close:
      return {};  // servers are counted by who listens
    default:
      return on_response(type, from, data);
  }
}

Result<void> MessageWire::do_broadcast(const std::string& nsp, const std::string& from, Value& data,
                                       Place place) {
  const auto event = read_broadcast(data);
  if (!event) return std::unexpected(event.error());
  const std::string id = text_member(data, "requestId");
  if (id.empty()) {
    if (event->has_offset() && (place.own || place.entry != 0)) {
      context_.local.broadcast_entry(nsp, event->payload, event->target, event->flags, place.entry);
    } else {
      context_.local.broadcast(nsp, event->payload, event->target, event->flags);
    }
    return {};
  }
  const auto asked = [this, nsp, from, id](std::size_t clients) {
    respond(nsp, from, MessageType::client_count, {{"requestId", id}, {"clientCount", clients}});
  };
  const auto answered = [this, nsp, from, id](const AckOutcome& outcome) {
    if (!outcome.result) return;  // who asked knows by the number
    respond(nsp, from, MessageType::acknowledgement,
            {{"requestId", id}, {"packet", outcome.result->at(0)}, {"sid", outcome.socket_id}});
  };
  context_.local.broadcast_asking(nsp, event->payload, event->target, event->flags,
                                  read_timeout(data["opts"], context_.options.request_timeout), asked,
                                  answered);
  return {};
}

Result<void> MessageWire::change(const std::string& nsp, MessageType type, const Value& data) {
  const auto target = read_target(member(data, "opts"));
  if (!target) return std::unexpected(target.error());
  const auto rooms = read_names(member(data, "rooms"));
  if (!rooms) return std::unexpected(rooms.error());
  if (type == MessageType::join) context_.local.join(nsp, *target, *rooms);
  if (type == MessageType::leave) context_.local.leave(nsp, *target, *rooms);
  if (type == MessageType::disconnect) {
    const Value* close = member(data, "close");
    context_.local.disconnect(nsp, *target, close != nullptr && close->is_boolean() && close->get<bool>());
  }
  return {};
}

Result<void> MessageWire::list_sockets(const std::string& nsp, const std::string& from, const Value& data) {
  const auto target = read_target(member(data, "opts"));
  if (!target) return std::unexpected(target.error());
  const std::string id = text_member(data, "requestId");
  context_.local.fetch_sockets(nsp, *target, [this, nsp, from, id](const std::vector<RemoteSocket>& sockets) {
    respond(nsp, from, MessageType::fetch_sockets_response,
            {{"requestId", id}, {"sockets", write_sockets(sockets)}});
  });
  return {};
}

void MessageWire::do_server_event(const std::string& nsp, const std::string& from, const Value& data) {
  const Value* event = member(data, "packet");
  const std::string id = text_member(data, "requestId");
  std::function<void(Value)> answer;
  if (!id.empty()) {
    answer = [this, nsp, from, id](Value value) {
      respond(nsp, from, MessageType::server_event_response,
              {{"requestId", id}, {"packet", std::move(value)}});
    };
  }
  deliver(nsp, event == nullptr ? Value() : *event, std::move(answer));
}

Result<void> MessageWire::on_response(MessageType type, const std::string& from, const Value& data) {
  const Value* packet = member(data, "packet");
  Answer answer{.from = from, .content = ServerAnswer{packet == nullptr ? Value() : *packet}};
  switch (type) {
    case MessageType::fetch_sockets_response: {
      auto sockets = read_sockets(member(data, "sockets"));
      if (!sockets) return std::unexpected(sockets.error());
      answer.content = std::move(*sockets);
      break;
    }
    case MessageType::server_event_response:
      break;
    case MessageType::client_count:
      answer.content = ClientCount{read_count(member(data, "clientCount"))};
      break;
    case MessageType::acknowledgement:
      answer.content = AckOutcome{text_member(data, "sid"),
                                  Args(std::vector<Value>{packet == nullptr ? Value() : *packet})};
      break;
    default:
      return fail(ErrorKind::malformed, "a message of no known type");
  }
  context_.requests.answer(text_member(data, "requestId"), std::move(answer));
  return {};
}

}  // namespace belfry::redis
