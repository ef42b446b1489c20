#include "server/apps.h"

#include <algorithm>
#include <iterator>

#include "apps/care/care.h"
#include "apps/groups/groups.h"
#include "apps/health/health.h"
#include "apps/household/household.h"
#include "apps/inbox/inbox.h"

namespace belfry::server {

namespace {

health::Options health_options(const Config& config) {
  const HealthSettings& settings = config.health;
  return {.connections_per_minute = static_cast<std::size_t>(settings.connections_per_minute),
          .messages_per_minute = static_cast<std::size_t>(settings.messages_per_minute),
          .message = {.characters_max = static_cast<std::size_t>(settings.message_max_chars),
                      .attachments_max = static_cast<std::size_t>(settings.attachments_max)},
          .typing_expiry = settings.typing_timeout_ms,
          .topics = health::TopicRules::parse(settings.topic_roles).value(),
          .calls_per_minute = static_cast<std::size_t>(settings.calls_per_minute),
          .calls = {.ring_timeout = settings.ring_timeout_ms, .reconnect_grace = settings.call_reconnect_ms},
          .lost_calls_end = config.presence.lease_ms + settings.call_reconnect_ms,
          .ice = {.servers = settings.ice_servers,
                  .turn_urls = settings.turn_urls,
                  .turn_secret = settings.turn_secret},
          .quality = {.packet_loss = static_cast<double>(settings.quality_packet_loss),
                      .jitter = static_cast<double>(settings.quality_jitter),
                      .rtt = static_cast<double>(settings.quality_rtt),
                      .bitrate = static_cast<double>(settings.quality_bitrate)}};
}

groups::Options groups_options(const Config& config) {
  return {.messages_per_minute = static_cast<std::size_t>(config.groups.messages_per_minute),
          .attachment_types = config.groups.attachment_types,
          .email_window = config.groups.email_window_ms};
}

}  // namespace

std::vector<std::unique_ptr<apps::App>> make_apps(const apps::Parts& parts, const Config& config,
                                                  const std::vector<ExtraApp>& extra) {
  const auto is_root = [&](std::string_view name) { return config.server.root_app == name; };
  std::vector<std::unique_ptr<apps::App>> all;
  all.push_back(std::make_unique<health::Health>(parts, health_options(config), is_root("health")));
  all.push_back(std::make_unique<care::Care>(parts, is_root("care")));
  all.push_back(std::make_unique<inbox::Inbox>(parts, is_root("inbox")));
  all.push_back(std::make_unique<household::Household>(
      parts, household::Options{.typing_expiry = config.household.typing_timeout_ms}, is_root("household")));
  all.push_back(std::make_unique<groups::Groups>(parts, groups_options(config), is_root("groups")));
  for (const ExtraApp& app : extra) all.push_back(app.make(parts, is_root(app.name)));
  return all;
}

}  // namespace belfry::server
