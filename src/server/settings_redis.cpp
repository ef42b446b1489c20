#include "server/setting_rows.h"

namespace belfry::server {

std::vector<Setting> redis_settings() {  // NOLINT(readability-function-size): a table
  using C = Config;
  return {
      {.section = "redis",
       .key = "url",
       .field = at<&C::redis, &RedisSettings::url>,
       .doc = "Redis that joins several servers: `redis://[user[:password]@]host[:port][/database]`, "
              "`unix://…/path`, `redis+sentinel://host[:port],…/master-name[/database]` or "
              "`redis+cluster://host[:port],…`; `rediss` in the place of `redis` is TLS; special characters "
              "as `%xx`. Empty: this server is alone, unless `host` is set.",
       .variables = {"REDIS_URL"},
       .secret = true},
      {.section = "redis",
       .key = "host",
       .field = at<&C::redis, &RedisSettings::host>,
       .doc = "Name or address of a Redis server, where there is no `url`.",
       .variables = {"REDIS_HOST"}},
      {.section = "redis",
       .key = "port",
       .field = at<&C::redis, &RedisSettings::port>,
       .doc = "Its port.",
       .min = 1,
       .max = 65535,
       .variables = {"REDIS_PORT"}},
      {.section = "redis",
       .key = "password",
       .field = at<&C::redis, &RedisSettings::password>,
       .doc = "Its password; empty: none.",
       .variables = {"REDIS_PASSWORD"},
       .secret = true},
      {.section = "redis",
       .key = "ca_file",
       .field = at<&C::redis, &RedisSettings::ca_file>,
       .doc = "PEM file of those who may have signed its certificate; empty: whom the system trusts."},
      {.section = "redis",
       .key = "prefix",
       .field = at<&C::redis, &RedisSettings::prefix>,
       .doc =
           "Of the names of this cluster's own keys and channels, `belfry:{prefix}:…`: clusters that share "
           "a Redis have different ones. Letters, digits, `-` and `_`."},
      {.section = "redis",
       .key = "adapter",
       .field = at<&C::redis, &RedisSettings::adapter>,
       .doc = "How emits reach the sockets of other servers: as npm's `@socket.io/redis-adapter` does "
              "(`classic`, or `sharded`, also for a Redis Cluster), or `@socket.io/redis-streams-adapter` "
              "(`streams`). The same on all servers, of Node.js, too.",
       .choices = {"classic", "sharded", "streams"}},
      {.section = "redis",
       .key = "adapter_key",
       .field = at<&C::redis, &RedisSettings::adapter_key>,
       .doc = "What the adapter's channels or stream begin with; the same on all servers."},
      {.section = "redis",
       .key = "connect_timeout_ms",
       .field = at<&C::redis, &RedisSettings::connect_timeout_ms>,
       .doc = "Time in which a connection must be ready.",
       .min = 1,
       .max = kDayMs},
      {.section = "redis",
       .key = "command_timeout_ms",
       .field = at<&C::redis, &RedisSettings::command_timeout_ms>,
       .doc = "Time for the answer to a command, after which the connection is made anew.",
       .min = 1,
       .max = kDayMs},
      {.section = "redis",
       .key = "reconnect_max_ms",
       .field = at<&C::redis, &RedisSettings::reconnect_max_ms>,
       .doc = "Longest pause between two attempts to connect; the first is a tenth of a second, and chance "
              "shortens each.",
       .min = 1,
       .max = kDayMs},
      {.section = "redis",
       .key = "queue_max_bytes",
       .field = at<&C::redis, &RedisSettings::queue_max_bytes>,
       .doc = "What may wait to be sent while Redis is away; more fails at once.",
       .min = 1024,
       .max = 1LL << 32},
      {.section = "redis",
       .key = "queue_max_ms",
       .field = at<&C::redis, &RedisSettings::queue_max_ms>,
       .doc = "Longest time that it waits; then it fails.",
       .max = kDayMs},
      {.section = "redis",
       .key = "probe_ms",
       .field = at<&C::redis, &RedisSettings::probe_ms>,
       .doc = "Time between two words that must come back by Redis: whether subscriptions work.",
       .min = 100,
       .max = kDayMs},
      {.section = "presence",
       .key = "lease_ms",
       .field = at<&C::presence, &PresenceSettings::lease_ms>,
       .doc =
           "Time after which a server of the cluster that says nothing is gone, and its users with it. The "
           "same on all of them.",
       .min = 1'000,
       .max = kDayMs},
  };
}

}  // namespace belfry::server
