#include "redis/classic_wire.h"

#include <algorithm>

#include "redis/classic_requests.h"
#include "redis/wire_values.h"
#include "socketio/msgpack.h"

namespace belfry::redis {

namespace {

// A name as a pattern that matches nothing else.
std::string escape_glob(std::string_view name) {
  std::string escaped;
  for (const char c : name) {
    if (std::string_view("*?[]\\").contains(c)) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

// ---- channels ----

ChannelName ClassicWire::request_channel(const std::string& nsp) const {
  return {Listen::channel, context_.options.key + "-request#" + nsp + "#"};
}
ChannelName ClassicWire::response_channel(const std::string& nsp) const {
  return {Listen::channel, context_.options.key + "-response#" + nsp + "#"};
}
ChannelName ClassicWire::response_channel(const std::string& nsp, const std::string& uid) const {
  return {Listen::channel, response_channel(nsp).name + uid + "#"};
}
ChannelName ClassicWire::reply_channel(const std::string& nsp, const Value& request) const {
  if (!context_.options.specific_response_channel) return response_channel(nsp);
  return response_channel(nsp, text_member(request, "uid"));
}

// The requests come last: who is counted as a server hears everything else already.
std::vector<ChannelName> ClassicWire::channels(const std::string& nsp) const {
  return {{Listen::pattern, escape_glob(broadcast_prefix(nsp)) + "*"},
          response_channel(nsp),
          response_channel(nsp, uid_),
          request_channel(nsp)};
}

// ---- to the others ----

void ClassicWire::broadcast(const std::string& nsp, const Payload& payload, const Target& target,
                            const EmitFlags& flags) {
  std::string channel = broadcast_prefix(nsp);
  if (target.rooms.size() == 1) channel += target.rooms.front() + "#";
  const Value message = {uid_, write_packet(payload, nsp), write_target(target, flags)};
  publish({Listen::channel, std::move(channel)}, socketio::write_msgpack(message));
}

void ClassicWire::ask_clients(const std::string& nsp, const Payload& payload, const Target& target,
                              const EmitFlags& flags, std::chrono::milliseconds timeout,
                              const std::string& id) {
  Value options = write_target(target, flags);
  options["flags"]["timeout"] = timeout.count();
  const Value request = {{"uid", uid_},
                         {"requestId", id},
                         {"type", ClassicType::broadcast},
                         {"packet", write_packet(payload, nsp)},
                         {"opts", std::move(options)}};
  publish(request_channel(nsp), socketio::write_msgpack(request));
}

void ClassicWire::ask_sockets(const std::string& nsp, const Target& target, const std::string& id) {
  const Value request = {
      {"uid", uid_}, {"requestId", id}, {"type", ClassicType::fetch_sockets}, {"opts", write_target(target)}};
  publish(request_channel(nsp), write_json(request));
}

void ClassicWire::change_rooms(const std::string& nsp, const Target& target,
                               const std::vector<std::string>& rooms, bool join) {
  const Value request = {{"uid", uid_},
                         {"type", join ? ClassicType::join : ClassicType::leave},
                         {"opts", write_target(target)},
                         {"rooms", rooms}};
  publish(request_channel(nsp), write_json(request));
}

void ClassicWire::disconnect(const std::string& nsp, const Target& target, bool close) {
  const Value request = {
      {"uid", uid_}, {"type", ClassicType::disconnect}, {"opts", write_target(target)}, {"close", close}};
  publish(request_channel(nsp), write_json(request));
}

void ClassicWire::server_event(const std::string& nsp, const Payload& payload, const std::string& id) {
  Value request = {
      {"uid", uid_}, {"type", ClassicType::server_event}, {"data", write_packet(payload, {})["data"]}};
  if (!id.empty()) request["requestId"] = id;
  publish(request_channel(nsp), write_json(request));
}

// ---- from the others ----

void ClassicWire::on_published(const std::string& nsp, const Published& published, Places& places) {
  Result<void> read;
  if (published.how == Listen::pattern) {
    read = on_broadcast(nsp, published, places);
  } else if (auto message = read_message(published.payload); !message) {
    read = std::unexpected(message.error());
  } else if (published.channel == request_channel(nsp).name) {
    read = on_request(nsp, std::move(*message));
  } else {
    read = on_response(std::move(*message));
  }
  if (!read) context_.tallies.add(Tallied::malformed, read.error().message);
}

Result<void> ClassicWire::on_broadcast(const std::string& nsp, const Published& published, Places& places) {
  std::string_view room = published.channel;
  room.remove_prefix(std::min(room.size(), broadcast_prefix(nsp).size()));
  if (room.ends_with('#')) room.remove_suffix(1);
  if (!room.empty() && !places.has_room(nsp, room)) return {};
  auto message = read_message(published.payload);
  if (!message) return std::unexpected(message.error());
  if (!message->is_array() || message->size() < 3) return fail(ErrorKind::malformed, "no broadcast");
  if ((*message)[0] == uid_) return {};
  Value& packet = (*message)[1];
  const Value* of = member(packet, "nsp");
  if (of == nullptr ? nsp != "/" : *of != nsp) return {};
  const Value& options = (*message)[2];
  const auto target = read_target(&options);
  if (!target) return std::unexpected(target.error());
  const auto payload = read_packet(&packet);
  if (!payload) return std::unexpected(payload.error());
  context_.local.broadcast(nsp, *payload, *target, read_flags(options));
  return {};
}

}  // namespace belfry::redis
