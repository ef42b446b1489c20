#include "apps/common/app_stats.h"

#include <algorithm>

namespace belfry::apps {

namespace {

template <class Map>
void add_up(Map& sum, const Map& more) {
  for (const auto& [key, value] : more) sum[key] += value;
}

}  // namespace

void AppStats::add(const AppStats& other) {
  add_up(connections_by_role, other.connections_by_role);
  add_up(rooms_by_type, other.rooms_by_type);
  add_up(calls_by_state, other.calls_by_state);
  add_up(users_by_presence, other.users_by_presence);
  add_up(failures, other.failures);
  delivery.add(other.delivery);
}

std::string role_label(std::string_view role) {
  constexpr std::array<std::string_view, 4> kKnown = {"patient", "provider", "admin", "user"};
  return std::ranges::find(kKnown, role) == kKnown.end() ? "other" : std::string(role);
}

std::string_view name_of(ErrorKind kind) {
  constexpr std::array<std::string_view, kErrorKinds> kNames = {
      "malformed", "invalid",      "unauthenticated", "forbidden", "not_found",   "conflict",
      "too_large", "rate_limited", "timed_out",       "closed",    "unavailable", "internal"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace belfry::apps
