// The wire of `createShardedAdapter` of `@socket.io/redis-adapter` 8: sharded channels of Redis 7.
#pragma once

#include "redis/message_wire.h"

namespace belfry::redis {

/// Every namespace has a channel, every server one for answers, and a room one of its own where the mode says
/// so. Messages are JSON, or MessagePack where they hold binary data.
class ShardedWire : public MessageWire {
 public:
  ShardedWire(WireContext context, RoomChannels mode) : MessageWire(std::move(context)), mode_(mode) {}

  std::vector<ChannelName> channels(const std::string& nsp) const override;
  std::vector<ChannelName> room_channels(const std::string& nsp, const std::string& room) const override;
  ChannelName counted_channel(const std::string& nsp) const override { return channel(nsp); }

 private:
  void send(const std::string& nsp, MessageType type, Value data) override;
  void respond(const std::string& nsp, const std::string& to, MessageType type, Value data) override;

  ChannelName channel(const std::string& nsp) const;
  ChannelName sub_channel(const std::string& nsp, const std::string& name) const;
  // The channel of that room, or of all where it has none.
  bool has_channel(const std::string& room) const;

  const RoomChannels mode_;
};

}  // namespace belfry::redis
