#include "server/redis_options.h"

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

}  // namespace belfry::server
