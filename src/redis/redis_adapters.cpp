#include <stdexcept>

#include "belfry/redis_adapter.h"
#include "redis/classic_wire.h"
#include "redis/cluster_adapter.h"
#include "redis/sharded_wire.h"
#include "redis/streams_wire.h"

namespace belfry {

namespace redis {

namespace {

std::shared_ptr<Client> connect(const RedisOptions& redis, Log& log) {
  auto client = make_client(redis, log);
  if (!client) throw std::runtime_error("no Redis can be had: " + client.error().text());
  return std::move(*client);
}

}  // namespace

AdapterFactory cluster_adapter(RedisOptions redis, RedisAdapterOptions options, MakeWire make_wire) {
  return [redis = std::move(redis), options = std::move(options),
          make_wire = std::move(make_wire)](AdapterContext context) -> std::unique_ptr<Adapter> {
    return std::make_unique<ClusterAdapter>(connect(redis, context.log), context, options, make_wire);
  };
}

}  // namespace redis

AdapterFactory redis_adapter(const RedisOptions& where, const RedisAdapterOptions& options) {
  return redis::cluster_adapter(where, options, [](redis::WireContext context) {
    return std::make_unique<redis::ClassicWire>(std::move(context));
  });
}

AdapterFactory sharded_redis_adapter(const RedisOptions& where, const RedisAdapterOptions& options,
                                     RoomChannels room_channels) {
  return redis::cluster_adapter(where, options, [room_channels](redis::WireContext context) {
    return std::make_unique<redis::ShardedWire>(std::move(context), room_channels);
  });
}

AdapterFactory redis_streams_adapter(const RedisOptions& where, const RedisAdapterOptions& options,
                                     const RedisStreamsOptions& streams) {
  return redis::cluster_adapter(where, options, [where, streams](redis::WireContext context) {
    const auto reader_client = [&where, &log = context.log] { return redis::connect(where, log); };
    return std::make_unique<redis::StreamsWire>(std::move(context), streams, reader_client);
  });
}

}  // namespace belfry
