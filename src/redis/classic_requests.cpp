// What other servers ask over the classic wire, and what they answer.
#include "redis/classic_requests.h"

#include <algorithm>
#include <set>

#include "redis/classic_wire.h"
#include "redis/wire_values.h"
#include "socketio/msgpack.h"

namespace belfry::redis {

namespace {

ClassicType type_of(const Value& message) {
  const Value* type = member(message, "type");
  const bool is_known =
      type != nullptr && type->is_number_unsigned() &&
      type->get<std::uint64_t>() <= static_cast<std::uint64_t>(ClassicType::acknowledgement);
  return is_known ? static_cast<ClassicType>(type->get<std::uint64_t>()) : ClassicType::none;
}

Value answer_to(const Value& request) {
  return {{"requestId", text_member(request, "requestId")}};
}

// A first answer to an acknowledgement: what the wire has room for.
Value first_of(const AckResult& result) {
  return result ? result->at(0) : Value();
}

}  // namespace

Result<void> ClassicWire::on_request(const std::string& nsp, Value request) {
  if (!request.is_object()) return fail(ErrorKind::malformed, "no request");
  if (text_member(request, "uid") == uid_) return {};
  switch (type_of(request)) {
    case ClassicType::socket_ids: {
      auto rooms = read_names(member(request, "rooms"));
      if (!rooms) return std::unexpected(rooms.error());
      list_ids(nsp, request, {std::move(*rooms), {}});
      return {};
    }
    case ClassicType::all_rooms:
      list_rooms(nsp, request);
      return {};
    case ClassicType::join:
    case ClassicType::leave:
    case ClassicType::disconnect:
      return change(nsp, request);
    case ClassicType::fetch_sockets: {
      const auto target = read_target(member(request, "opts"));
      if (!target) return std::unexpected(target.error());
      list_sockets(nsp, request, *target);
      return {};
    }
    case ClassicType::server_event:
      on_server_event(nsp, request);
      return {};
    case ClassicType::broadcast:
      return ask_here(nsp, request);
    default:
      return fail(ErrorKind::malformed, "a request of no known type");
  }
}

// With `opts`; of older servers `sid` and `room` instead, which are answered.
Result<void> ClassicWire::change(const std::string& nsp, const Value& request) {
  const ClassicType type = type_of(request);
  const bool is_old = member(request, "opts") == nullptr;
  Target target;
  std::vector<std::string> rooms;
  if (is_old) {
    target.rooms = {text_member(request, "sid")};
    rooms = {text_member(request, "room")};
    if (target.rooms.front().empty()) return fail(ErrorKind::malformed, "a request names no socket");
  } else {
    auto read = read_target(member(request, "opts"));
    if (!read) return std::unexpected(read.error());
    target = std::move(*read);
    auto names = read_names(member(request, "rooms"));
    if (!names) return std::unexpected(names.error());
    rooms = std::move(*names);
  }
  const Value* close = member(request, "close");
  if (type == ClassicType::join) context_.local.join(nsp, target, rooms);
  if (type == ClassicType::leave) context_.local.leave(nsp, target, rooms);
  if (type == ClassicType::disconnect) {
    context_.local.disconnect(nsp, target, close != nullptr && close->is_boolean() && close->get<bool>());
  }
  if (!is_old) return {};
  // Only the server that has the socket answers.
  context_.local.count_sockets(nsp, target, [this, nsp, request](std::size_t count) {
    if (count > 0) publish(reply_channel(nsp, request), write_json(answer_to(request)));
  });
  return {};
}

void ClassicWire::list_ids(const std::string& nsp, const Value& request, const Target& target) {
  context_.local.fetch_sockets(nsp, target, [this, nsp, request](const std::vector<RemoteSocket>& sockets) {
    Value answer = answer_to(request);
    Value& ids = answer["sockets"] = Value::array();
    for (const RemoteSocket& socket : sockets) ids.push_back(socket.id);
    publish(reply_channel(nsp, request), write_json(std::move(answer)));
  });
}

// Rooms of Node.js servers are those of socket ids, too.
void ClassicWire::list_rooms(const std::string& nsp, const Value& request) {
  context_.local.fetch_sockets(nsp, {}, [this, nsp, request](const std::vector<RemoteSocket>& sockets) {
    std::set<std::string> rooms;
    for (const RemoteSocket& socket : sockets) rooms.insert(socket.rooms.begin(), socket.rooms.end());
    Value answer = answer_to(request);
    answer["rooms"] = rooms;
    publish(reply_channel(nsp, request), write_json(std::move(answer)));
  });
}

void ClassicWire::list_sockets(const std::string& nsp, const Value& request, const Target& target) {
  context_.local.fetch_sockets(nsp, target, [this, nsp, request](const std::vector<RemoteSocket>& sockets) {
    Value answer = answer_to(request);
    answer["sockets"] = write_sockets(sockets);
    publish(reply_channel(nsp, request), write_json(std::move(answer)));
  });
}

void ClassicWire::on_server_event(const std::string& nsp, const Value& request) {
  const Value* data = member(request, "data");
  const std::string id = text_member(request, "requestId");
  std::function<void(Value)> answer;
  if (!id.empty()) {
    answer = [this, nsp, id](Value value) {
      const Value response = {
          {"type", ClassicType::server_event}, {"requestId", id}, {"data", std::move(value)}};
      publish(response_channel(nsp), write_json(response));
    };
  }
  deliver(nsp, data == nullptr ? Value() : *data, std::move(answer));
}

// `sid` is ours: Node.js servers neither send nor read it.
Result<void> ClassicWire::ask_here(const std::string& nsp, Value& request) {
  const Value* options = member(request, "opts");
  const auto target = read_target(options);
  if (!target) return std::unexpected(target.error());
  const EmitFlags flags = read_flags(*options);
  const auto timeout = read_timeout(*options, context_.options.request_timeout);
  const auto packet = request.find("packet");
  const auto payload = read_packet(packet == request.end() ? nullptr : &*packet);
  if (!payload) return std::unexpected(payload.error());
  const std::string id = text_member(request, "requestId");
  const ChannelName channel = reply_channel(nsp, request);
  const auto asked = [this, id, channel](std::size_t clients) {
    const Value count = {{"type", ClassicType::client_count}, {"requestId", id}, {"clientCount", clients}};
    publish(channel, write_json(count));
  };
  const auto answered = [this, id, channel](const AckOutcome& outcome) {
    if (!outcome.result) return;  // who asked knows by the number
    const Value ack = {{"type", ClassicType::acknowledgement},
                       {"requestId", id},
                       {"packet", first_of(outcome.result)},
                       {"sid", outcome.socket_id}};
    publish(channel, socketio::write_msgpack(ack));
  };
  context_.local.broadcast_asking(nsp, *payload, *target, flags, timeout, asked, answered);
  return {};
}

Result<void> ClassicWire::on_response(Value response) {
  if (!response.is_object()) return fail(ErrorKind::malformed, "no response");
  const std::string id = text_member(response, "requestId");
  Answer answer;
  switch (type_of(response)) {
    case ClassicType::server_event: {
      const Value* data = member(response, "data");
      answer.content = ServerAnswer{data == nullptr ? Value() : *data};
      break;
    }
    case ClassicType::client_count:
      answer.content = ClientCount{read_count(member(response, "clientCount"))};
      break;
    case ClassicType::acknowledgement: {
      const Value* value = member(response, "packet");
      answer.content = AckOutcome{text_member(response, "sid"),
                                  Args(std::vector<Value>{value == nullptr ? Value() : *value})};
      break;
    }
    default: {
      // Without a type: what was asked says what it is, and only sockets are asked for.
      const Value* sockets = member(response, "sockets");
      const auto is_object = [](const Value& one) { return one.is_object(); };
      if (sockets == nullptr || !std::all_of(sockets->begin(), sockets->end(), is_object)) return {};
      auto read = read_sockets(sockets);
      if (!read) return std::unexpected(read.error());
      answer.content = std::move(*read);
    }
  }
  context_.requests.answer(id, std::move(answer));
  return {};
}

}  // namespace belfry::redis
