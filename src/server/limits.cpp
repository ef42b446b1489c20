#include "server/limits.h"

#include <charconv>

namespace belfry::server {

namespace {

Rate rate(int per_second, int burst) {
  return {.per_second = static_cast<double>(per_second), .burst = static_cast<double>(burst)};
}

std::size_t size(int value) {
  return static_cast<std::size_t>(value);
}

// A positive number and nothing else.
bool read_number(std::string_view text, double& out) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), out, std::chars_format::fixed);
  return error == std::errc() && end == text.data() + text.size() && out > 0;
}

}  // namespace

void add_limits(const Config& config, ServerOptions& options) {
  const LimitSettings& limits = config.limits;
  options.per_address = {.max_connections = size(limits.connections_per_address),
                         .connections = rate(limits.connects_per_second, limits.connects_burst),
                         .max_sessions = size(limits.sessions_per_address),
                         .handshakes = rate(limits.handshakes_per_second, limits.handshakes_burst),
                         .exempt = limits.exempt,
                         .trusted_proxies = config.server.trusted_proxies,
                         .max_addresses = size(limits.addresses_max)};
  options.per_connection = {.messages = rate(limits.messages_per_second, limits.messages_burst),
                            .bytes = rate(limits.bytes_per_second, limits.bytes_burst)};
  options.per_socket = {.messages = rate(limits.socket_messages_per_second, limits.socket_messages_burst),
                        .bytes = rate(limits.socket_bytes_per_second, limits.socket_bytes_burst)};
  options.max_throttled = limits.throttled_max_ms;
  options.max_half_open = size(limits.half_open_max);
  options.max_namespaces_per_client = size(limits.namespaces_max);
  options.max_rooms_per_socket = size(limits.rooms_max);
  options.max_room_name_bytes = size(limits.room_name_max_bytes);
  options.max_event_name_bytes = size(limits.event_name_max_bytes);
  options.max_attachment_bytes = size(limits.attachments_max_bytes);
  options.max_waiting_events = size(limits.waiting_events_max);
  options.max_pending_acks = size(limits.acks_max);
}

RateLimits user_limits(const Config& config) {
  const LimitSettings& limits = config.limits;
  return {.messages = rate(limits.user_messages_per_second, limits.user_messages_burst),
          .bytes = rate(limits.user_bytes_per_second, limits.user_bytes_burst)};
}

Result<std::pair<std::string, Rate>> read_event_rate(std::string_view text) {
  const auto equals = text.rfind('=');
  const auto slash = text.find('/', equals == text.npos ? 0 : equals);
  Rate rate;
  if (equals == 0 || equals == text.npos || slash == text.npos ||
      !read_number(text.substr(equals + 1, slash - equals - 1), rate.per_second) ||
      !read_number(text.substr(slash + 1), rate.burst)) {
    return fail(ErrorKind::invalid,
                "holds '" + std::string(text) + "', which is not `event=per second/at once`");
  }
  return std::pair(std::string(text.substr(0, equals)), rate);
}

}  // namespace belfry::server
