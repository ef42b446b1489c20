#include "server/redis_options.h"

#include "belfry/redis_adapter.h"

namespace belfry::server {

Result<RedisOptions> redis_options(const RedisSettings& settings) {
  RedisOptions options;
  if (!settings.url.empty()) {
    auto parsed = parse_redis_url(settings.url);
    if (!parsed) return parsed;
    options = std::move(*parsed);
  } else {
    options.addresses = {{settings.host, static_cast<std::uint16_t>(settings.port)}};
    options.password = settings.password;
  }
  options.tls_ca_file = settings.ca_file;
  options.connect_timeout = settings.connect_timeout_ms;
  options.command_timeout = settings.command_timeout_ms;
  options.reconnect_max = settings.reconnect_max_ms;
  options.max_queued_bytes = settings.queue_max_bytes;
  options.max_queued_time = settings.queue_max_ms;
  options.probe_interval = settings.probe_ms;
  return options;
}

AdapterFactory redis_adapter_of(const RedisSettings& settings) {
  const RedisOptions redis = redis_options(settings).value();
  const RedisAdapterOptions options{.key = settings.adapter_key,
                                    .request_timeout = settings.command_timeout_ms};
  if (settings.adapter == "sharded") return sharded_redis_adapter(redis, options);
  if (settings.adapter == "streams") {
    // What apps tell their sockets does not go by the adapter, so each server recovers its own.
    return redis_streams_adapter(redis, options,
                                 {.stream_name = settings.adapter_key, .shared_sessions = false});
  }
  return redis_adapter(redis, options);
}

}  // namespace belfry::server
