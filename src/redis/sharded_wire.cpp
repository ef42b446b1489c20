#include "redis/sharded_wire.h"

#include "core/ids.h"
#include "core/json.h"
#include "redis/wire_values.h"
#include "socketio/msgpack.h"

namespace belfry::redis {

namespace {

std::string encode(Value message) {
  return has_binary(message) ? socketio::write_msgpack(message) : write_json(std::move(message));
}

}  // namespace

ChannelName ShardedWire::channel(const std::string& nsp) const {
  return {Listen::shard, context_.options.key + "#" + nsp + "#"};
}
ChannelName ShardedWire::sub_channel(const std::string& nsp, const std::string& name) const {
  return {Listen::shard, channel(nsp).name + name + "#"};
}

// Node.js servers take what is as long as the id of a socket for one.
bool ShardedWire::has_channel(const std::string& room) const {
  return mode_ == RoomChannels::all || (mode_ == RoomChannels::rooms && room.size() != kSidSize);
}

std::vector<ChannelName> ShardedWire::channels(const std::string& nsp) const {
  return {sub_channel(nsp, uid()), channel(nsp)};
}
std::vector<ChannelName> ShardedWire::room_channels(const std::string& nsp, const std::string& room) const {
  if (!has_channel(room)) return {};
  return {sub_channel(nsp, room)};
}

void ShardedWire::send(const std::string& nsp, MessageType type, Value data) {
  ChannelName to = channel(nsp);
  if (type == MessageType::broadcast && !data.contains("requestId")) {
    const Value& rooms = data["opts"]["rooms"];
    if (rooms.size() == 1 && has_channel(rooms[0].get_ref<const std::string&>())) {
      to = sub_channel(nsp, rooms[0].get_ref<const std::string&>());
    }
  }
  publish(to, encode(message(nsp, type, std::move(data))));
}

void ShardedWire::respond(const std::string& nsp, const std::string& to, MessageType type, Value data) {
  publish(sub_channel(nsp, to), encode(message(nsp, type, std::move(data))));
}

}  // namespace belfry::redis
