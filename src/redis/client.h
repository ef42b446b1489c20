// A Redis deployment (one server, a master that Sentinel names, or a cluster), as those who use it see it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "belfry/log.h"
#include "belfry/redis.h"
#include "belfry/result.h"
#include "belfry/stats.h"
#include "redis/reply.h"

namespace belfry::redis {

using Command = std::vector<std::string>;  ///< `{"SET", "key", "value"}`; any bytes
using OnReply = std::function<void(Result<Reply>)>;

/// How a channel is listened to: by its name (SUBSCRIBE), by a pattern (PSUBSCRIBE), or where its slot is
/// (SSUBSCRIBE, Redis 7).
enum class Listen : std::uint8_t { channel, pattern, shard };

/// What came on a channel that is listened to.
struct Published {
  Listen how = Listen::channel;
  std::string subscribed;  ///< the name or pattern that was asked for
  std::string channel;     ///< where it came; differs from `subscribed` only for a pattern
  std::string payload;
};
using OnPublished = std::function<void(const Published&)>;

/// What a client has done since it was made. A value.
struct ClientStats {
  bool up = false;                  ///< as `Client::on_state` tells it
  std::int64_t reconnects = 0;      ///< connections that were made anew and are ready, or were
  std::int64_t commands = 0;        ///< that were sent
  std::int64_t failed = 0;          ///< that got no answer: not sent in time, or lost with their connection
  std::int64_t refused = 0;         ///< that had no room to wait in
  std::int64_t queued_bytes = 0;    ///< of commands that wait to be sent, now
  std::int64_t probe_failures = 0;  ///< words that did not come back
  HistogramStats latency;           ///< from a command's way to its connection until its answer
};

/// One connection for commands and one for subscriptions (in a cluster: to each node that is needed), on a
/// thread of their own. Every function may be called on any thread and waits for nothing; every callback runs
/// on the client's thread, must not block, and posts where it wants to be. Nothing is called once `stop` has
/// returned, save what `stop` itself fails.
///
/// Connections that are lost are made anew, with pauses, for as long as it lives: commands that were sent
/// fail with `unavailable` (they may or may not have been done); those not sent yet wait, up to a bound in
/// bytes and a time, and then fail with `unavailable`. An error that Redis answers is `internal` with its
/// text, or `unavailable` where it says that it cannot now (LOADING, READONLY, CLUSTERDOWN, MASTERDOWN).
class Client {
 public:
  virtual ~Client() = default;

  /// Sends a command; commands of one thread are sent in the order of the calls. In a cluster the first key
  /// decides where (redirections are followed). `done` may be empty.
  virtual void send(Command command, OnReply done) = 0;
  /// Several at once, in order, nothing of the same client between them; in a cluster all of one slot.
  /// `atomic`: as MULTI … EXEC. `done` gets an array with a reply each, or the first error.
  virtual void send_all(std::vector<Command> commands, bool atomic, OnReply done) = 0;

  /// Listens from now on, also after every reconnection, until `unlisten`; a name that is listened to already
  /// gets these functions from now on. `ready` (may be empty) is called once Redis has confirmed the
  /// subscription, each time that it does.
  virtual void listen(Listen how, std::string name, OnPublished on_published,
                      std::function<void()> ready) = 0;
  virtual void unlisten(Listen how, const std::string& name) = 0;

  /// How many connections listen to the channel, over all nodes of a cluster (PUBSUB NUMSUB, SHARDNUMSUB).
  virtual void count_listeners(Listen how, const std::string& channel,
                               std::function<void(Result<std::int64_t>)> done) = 0;

  /// Told of each change: whether commands are answered and subscriptions are known to work. These are
  /// probed, not believed: a word sent to a channel of its own must come back. Called once at the start, too.
  virtual void on_state(std::function<void(bool up)> told) = 0;

  virtual ClientStats stats() const = 0;

  /// Fails what waits and ends the thread. By the owner, not from a callback; a second call does nothing, and
  /// what is asked for later is dropped.
  virtual void stop() = 0;
};

/// Begins to connect, and goes on in the background. `log` must outlive the client. An ACL user needs the
/// channels `belfry:probe:*` besides those that are used. Fails where the options cannot be: `unavailable`
/// for a file that cannot be read, else `invalid`.
Result<std::unique_ptr<Client>> make_client(const RedisOptions& options, Log& log);

}  // namespace belfry::redis
