// Sockets as Node.js servers describe them: `{id, handshake, rooms, data}`.
#include <fmt/chrono.h>

#include <algorithm>

#include "redis/wire_values.h"

namespace belfry::redis {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Value write_pairs(const Pairs& pairs) {
  Value map = Value::object();
  for (const auto& [name, value] : pairs) map[name] = value;
  return map;
}

// Of several values under one name each is one pair; what is no text is left out.
Pairs read_pairs(const Value* map) {
  Pairs pairs;
  if (map == nullptr || !map->is_object()) return pairs;
  for (const auto& [name, value] : map->items()) {
    if (value.is_string()) pairs.emplace_back(name, value.get<std::string>());
    if (!value.is_array()) continue;
    for (const Value& one : value) {
      if (one.is_string()) pairs.emplace_back(name, one.get<std::string>());
    }
  }
  return pairs;
}

bool read_flag(const Value& map, const char* name) {
  const Value* flag = member(map, name);
  return flag != nullptr && flag->is_boolean() && flag->get<bool>();
}

// Milliseconds since 1970 as `Date.prototype.toString` has them.
std::string time_text(std::int64_t ms) {
  constexpr std::int64_t kLastMs = 253'402'300'799'999;
  if (ms < 0 || ms > kLastMs) return {};
  return fmt::format("{:%a %b %d %Y %H:%M:%S} GMT+0000 (Coordinated Universal Time)",
                     fmt::gmtime(static_cast<std::time_t>(ms / 1'000)));
}

// `fromAllowedOrigin` is ours: Node.js servers neither send nor read it.
Value write_handshake(const HandshakeInfo& handshake) {
  const bool has_origin =
      std::ranges::any_of(handshake.headers, [](const auto& header) { return header.first == "origin"; });
  return {{"headers", write_pairs(handshake.headers)},
          {"time", time_text(handshake.issued_ms)},
          {"address", handshake.address},
          {"xdomain", has_origin},
          {"secure", handshake.secure},
          {"issued", handshake.issued_ms},
          {"url", handshake.url},
          {"query", write_pairs(handshake.query)},
          {"auth", handshake.auth},
          {"fromAllowedOrigin", handshake.from_allowed_origin}};
}

HandshakeInfo read_handshake(const Value& map) {
  HandshakeInfo handshake;
  handshake.headers = read_pairs(member(map, "headers"));
  handshake.query = read_pairs(member(map, "query"));
  handshake.url = text_member(map, "url");
  handshake.address = text_member(map, "address");
  handshake.secure = read_flag(map, "secure");
  handshake.from_allowed_origin = read_flag(map, "fromAllowedOrigin");
  const Value* issued = member(map, "issued");
  if (issued != nullptr && issued->is_number_integer()) handshake.issued_ms = issued->get<std::int64_t>();
  if (const Value* auth = member(map, "auth")) handshake.auth = *auth;
  return handshake;
}

}  // namespace

// `connection` is ours, too.
Value write_socket(const RemoteSocket& socket) {
  return {{"id", socket.id},
          {"handshake", write_handshake(socket.handshake)},
          {"rooms", socket.rooms},
          {"data", socket.data.is_null() ? Value::object() : socket.data},
          {"connection", socket.connection}};
}

Value write_sockets(const std::vector<RemoteSocket>& sockets) {
  Value list = Value::array();
  for (const RemoteSocket& socket : sockets) list.push_back(write_socket(socket));
  return list;
}

Result<std::vector<RemoteSocket>> read_sockets(const Value* sockets) {
  if (sockets == nullptr || !sockets->is_array()) return fail(ErrorKind::malformed, "no list of sockets");
  std::vector<RemoteSocket> read;
  read.reserve(sockets->size());
  for (const Value& one : *sockets) {
    RemoteSocket socket;
    socket.id = text_member(one, "id");
    if (socket.id.empty()) return fail(ErrorKind::malformed, "a socket without an id");
    auto rooms = read_names(member(one, "rooms"));
    if (!rooms) return std::unexpected(rooms.error());
    socket.rooms = std::move(*rooms);
    if (const Value* data = member(one, "data")) socket.data = *data;
    if (const Value* handshake = member(one, "handshake")) socket.handshake = read_handshake(*handshake);
    socket.connection = text_member(one, "connection");
    read.push_back(std::move(socket));
  }
  return read;
}

}  // namespace belfry::redis
