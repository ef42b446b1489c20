#include "socketio/recovery/stays.h"

#include <algorithm>

namespace belfry::socketio {

std::vector<std::string> Stays::rooms() const {
  std::vector<std::string> names;
  for (const Stay& stay : stays_) {
    if (stay.until == kNever) names.push_back(stay.room);
  }
  return names;
}

void Stays::on_join(std::string_view room, LogPosition now) {
  stays_.push_back({std::string(room), now, kNever});
}

void Stays::on_leave(std::string_view room, LogPosition now) {
  std::size_t ended = 0;
  for (Stay& stay : stays_) {
    if (stay.until != kNever) {
      ++ended;
    } else if (stay.room == room) {
      stay.until = now;
    }
  }
  if (ended < kMaxEnded) return;
  const auto oldest = std::ranges::min_element(stays_, {}, &Stay::until);
  known_from_ = std::max(known_from_, oldest->until);
  stays_.erase(oldest);
}

void Stays::correct(std::string_view room, bool is_in, LogPosition since) {
  for (Stay& stay : stays_) {
    if (stay.room != room || stay.until <= since) continue;
    if (is_in) {
      stay.since = std::min(stay.since, since);
    } else {
      stay.until = since;
    }
  }
}

bool Stays::was_in(std::string_view room, LogPosition at) const {
  if (room == id_) return true;
  return std::ranges::any_of(
      stays_, [&](const Stay& stay) { return stay.since <= at && at < stay.until && stay.room == room; });
}

bool Stays::was_meant(const Target& target, LogPosition at) const {
  const auto in = [&](const std::string& room) { return was_in(room, at); };
  if (std::ranges::any_of(target.except, in)) return false;
  return target.rooms.empty() || std::ranges::any_of(target.rooms, in);
}

}  // namespace belfry::socketio
