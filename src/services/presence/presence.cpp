#include "services/presence/presence.h"

#include <algorithm>

namespace belfry::presence {

namespace {

constexpr std::array<std::pair<Status, std::string_view>, kStatusCount> kNames = {{
    {Status::offline, "offline"},
    {Status::online, "online"},
    {Status::away, "away"},
    {Status::busy, "busy"},
    {Status::in_call, "in_call"},
}};

}  // namespace

std::string_view name_of(Status status) {
  return kNames[static_cast<std::size_t>(status)].second;
}

std::optional<Status> chosen_status(std::string_view name) {
  for (const auto& [status, known] : kNames) {
    const bool may_choose = status != Status::offline && status != Status::in_call;
    if (may_choose && known == name) return status;
  }
  return std::nullopt;
}

Presence Directory::seen(const std::string& user_id, const User& user) {
  return {.user_id = user_id,
          .status = user.in_call ? Status::in_call : user.chosen.status,
          .custom_status = user.chosen.custom_status,
          .last_seen = user.last_seen};
}

void Directory::wait_until(const std::string& user_id, std::optional<TimePoint>& slot,
                           std::optional<TimePoint> deadline) {
  const auto before = std::exchange(slot, deadline);
  // Both waits of a user may end at the same time, and then stand as one.
  const User& user = users_.at(user_id);
  if (before && user.tell_at != before && user.offline_at != before) deadlines_.erase({*before, user_id});
  if (deadline) deadlines_.emplace(*deadline, user_id);
}

void Directory::changed(const std::string& user_id, User& user, TimePoint now) {
  if (!user.tell_at) wait_until(user_id, user.tell_at, later(now, options_.batch));
}

void Directory::came(const std::string& user_id, User& user, TimePoint now, WallMs wall) {
  user.last_seen = std::max(user.last_seen, wall);
  wait_until(user_id, user.offline_at, std::nullopt);
  changed(user_id, user, now);
}

void Directory::went(const std::string& user_id, User& user, TimePoint now, WallMs wall) {
  user.last_seen = std::max(user.last_seen, wall);
  if (user.devices.empty() && user.nodes.empty()) {
    wait_until(user_id, user.offline_at, later(now, options_.offline_grace));
  }
}

bool Directory::connect(const std::string& user_id, const std::string& device, TimePoint now, WallMs wall) {
  User& user = users_[user_id];
  user.devices.insert(device);
  came(user_id, user, now, wall);
  return user.devices.size() == 1;
}

bool Directory::disconnect(const std::string& user_id, const std::string& device, TimePoint now,
                           WallMs wall) {
  const auto found = users_.find(user_id);
  if (found == users_.end() || found->second.devices.erase(device) == 0) return false;
  went(user_id, found->second, now, wall);
  return found->second.devices.empty();
}

bool Directory::connect_elsewhere(const std::string& user_id, const std::string& node, Choice choice,
                                  TimePoint now, WallMs seen) {
  User& user = users_[user_id];
  user.nodes.insert(node);
  const bool news = choice > user.chosen;
  if (news) user.chosen = std::move(choice);
  came(user_id, user, now, seen);
  return news && !user.devices.empty();
}

void Directory::disconnect_elsewhere(const std::string& user_id, const std::string& node, TimePoint now,
                                     WallMs wall) {
  const auto found = users_.find(user_id);
  if (found != users_.end() && found->second.nodes.erase(node) > 0) went(user_id, found->second, now, wall);
}

bool Directory::is_elsewhere(const std::string& user_id) const {
  const auto found = users_.find(user_id);
  return found != users_.end() && !found->second.nodes.empty();
}

Choice Directory::choice(const std::string& user_id) const {
  const auto found = users_.find(user_id);
  return found == users_.end() ? Choice() : found->second.chosen;
}

std::optional<Presence> Directory::choose(const std::string& user_id, Status status,
                                          std::optional<std::string> custom_status, TimePoint now,
                                          WallMs wall) {
  const auto found = users_.find(user_id);
  if (found == users_.end()) return std::nullopt;
  User& user = found->second;
  user.chosen = {
      .at = std::max(wall, user.chosen.at + 1), .status = status, .custom_status = std::move(custom_status)};
  user.last_seen = wall;
  changed(user_id, user, now);
  return seen(user_id, user);
}

void Directory::set_in_call(const std::string& user_id, bool in_call, TimePoint now) {
  const auto found = users_.find(user_id);
  if (found == users_.end() || found->second.in_call == in_call) return;
  found->second.in_call = in_call;
  changed(user_id, found->second, now);
}

std::optional<Presence> Directory::find(const std::string& user_id) const {
  const auto found = users_.find(user_id);
  if (found == users_.end()) return std::nullopt;
  return seen(user_id, found->second);
}

std::array<std::size_t, kStatusCount> Directory::counts() const {
  std::array<std::size_t, kStatusCount> counts{};
  for (const auto& [id, user] : users_) ++counts[static_cast<std::size_t>(seen(id, user).status)];
  return counts;
}

std::vector<Presence> Directory::due(TimePoint now) {
  std::vector<Presence> news;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const std::string user_id = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    const auto found = users_.find(user_id);
    User& user = found->second;
    if (user.offline_at && *user.offline_at <= now) {
      // Whichever of the two came first.
      deadlines_.erase({*user.offline_at, user_id});
      if (user.tell_at) deadlines_.erase({*user.tell_at, user_id});
      if (user.told) news.push_back({.user_id = user_id, .last_seen = user.last_seen});
      users_.erase(found);
      continue;
    }
    user.tell_at.reset();
    const Presence as_seen = seen(user_id, user);
    std::pair appearance{as_seen.status, as_seen.custom_status};
    if (user.told == appearance) continue;
    user.told = std::move(appearance);
    news.push_back(as_seen);
  }
  return news;
}

std::optional<TimePoint> Directory::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

}  // namespace belfry::presence
