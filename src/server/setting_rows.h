// What the tables of settings are written with; for the files of this folder.
#pragma once

#include <vector>

#include "server/config.h"
#include "server/settings.h"

namespace belfry::server {

/// The way to one field, as a plain function: `at<&Config::server, &ServerSettings::port>`.
template <auto kSection, auto kMember>
auto& at(Config& config) {
  return config.*kSection.*kMember;
}

inline constexpr long long kDayMs = 24LL * 3600 * 1000;

/// Those of the store, of `[cluster]`, of Redis, of TLS, of HTTP, of `[limits]`, of what waits for clients
/// and how it is sent, and of the apps.
std::vector<Setting> store_settings();
std::vector<Setting> cluster_settings();
std::vector<Setting> redis_settings();
std::vector<Setting> tls_settings();
std::vector<Setting> http_settings();
std::vector<Setting> outgoing_settings();
std::vector<Setting> limit_settings();
std::vector<Setting> app_settings();

}  // namespace belfry::server
