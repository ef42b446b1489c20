// Joins servers over Redis, beside Node.js servers with the adapters of npm's `@socket.io`.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "belfry/adapter.h"
#include "belfry/redis.h"

namespace belfry {

/// What all adapters over Redis have in common. A value.
///
/// Who speaks a wire is believed: whoever may publish to the Redis can emit to every client. What is no
/// message at all is dropped, counted (`Server::adapter_counts`) and now and then logged.
///
/// While Redis is away everything goes on for the sockets of this server: broadcasts, rooms, disconnects and
/// questions. What others are to hear waits for as long as `RedisOptions` say, then it is dropped and
/// counted. A question (`fetch_sockets`, an acknowledgement that is asked for, …) is answered by what has
/// arrived within its time, also where servers are missing.
struct RedisAdapterOptions {
  std::string key = "socket.io";  ///< what all channels begin with; the same on all servers of a cluster
  std::chrono::milliseconds request_timeout{5'000};  ///< for other servers to answer
  std::size_t max_message_bytes = 16u << 20;         ///< larger ones of other servers are dropped
  /// Of `redis_adapter` only: answers go to a channel of the server that asked, not to all. On all servers
  /// of a cluster or on none (`publishOnSpecificResponseChannel` of Node.js).
  bool specific_response_channel = false;
};

/// As `@socket.io/redis-adapter` 8 (`createAdapter`) and `@socket.io/redis-emitter` 5: PUBLISH and SUBSCRIBE.
///
/// Joins, leaves and disconnects are done here at once, not when Redis has sent them back.
AdapterFactory redis_adapter(const RedisOptions& redis, const RedisAdapterOptions& options = {});

/// Which rooms have a channel of their own, so that only servers with somebody in them get what is sent
/// there.
enum class RoomChannels : std::uint8_t {
  rooms,  ///< those that are joined (`dynamic` of Node.js, the default there)
  all,    ///< those of socket ids, too (`dynamic-private`)
  none,   ///< everything goes to every server (`static`)
};

/// As `createShardedAdapter` of `@socket.io/redis-adapter` 8: SPUBLISH and SSUBSCRIBE of Redis 7, also of a
/// cluster. Its channels have the names of those of `redis_adapter` and another content: never both under one
/// key. `room_channels` has to be the same on all servers. A room is listened to from its first member on:
/// what another server sends in the moment before may miss it.
AdapterFactory sharded_redis_adapter(const RedisOptions& redis, const RedisAdapterOptions& options = {},
                                     RoomChannels room_channels = RoomChannels::rooms);

/// The streams of `redis_streams_adapter`. A value.
struct RedisStreamsOptions {
  std::string stream_name = "socket.io";  ///< the same on all servers of a cluster, as is the next
  unsigned stream_count = 1;              ///< more: `<stream_name>-<i>`, a namespace in one of them
  std::size_t max_length = 10'000;        ///< entries that a stream keeps, nearly
  bool sharded = false;                   ///< questions and answers go by SPUBLISH (`useShardedPubSub`)
  std::chrono::milliseconds block{
      1'000};  ///< that a reading waits; well below `RedisOptions::command_timeout`
  /// Where the server has connection state recovery (`ServerOptions::recovery`): whether sessions are kept in
  /// Redis, for all servers of the cluster. Else each server recovers its own.
  bool shared_sessions = true;
  std::string session_key_prefix = "sio:session:";  ///< of their keys; the same on all servers of a cluster
};

/// As `@socket.io/redis-streams-adapter` 0.3 and `@socket.io/redis-streams-emitter` 0.1: what others are to
/// hear are entries of a stream, which a server that lost its connection reads later. Needs a connection more
/// for each stream.
///
/// With shared sessions a client that comes back goes on with its session on any server, and what is told to
/// sockets takes the way round: events, joins, leaves and disconnects are done here, too, when they are read
/// from the stream, all in its order. Events to this server's sockets alone (`local`) are not recovered.
/// While Redis is away, things are done here at once, and nobody is recovered.
AdapterFactory redis_streams_adapter(const RedisOptions& redis, const RedisAdapterOptions& options = {},
                                     const RedisStreamsOptions& streams = {});

}  // namespace belfry
