#include "services/rooms/typing.h"

namespace belfry::rooms {

bool Typing::start(const std::string& room, const std::string& user_id, const std::string& socket_id,
                   TimePoint now) {
  const auto [place, added] = by_socket_.try_emplace({room, socket_id});
  if (!added) {
    place->second->deadline = now + expiry_;
    entries_.splice(entries_.end(), entries_, place->second);
    return false;
  }
  place->second = entries_.insert(entries_.end(), {room, user_id, socket_id, now + expiry_});
  return ++sockets_typing_[{room, user_id}] == 1;
}

bool Typing::stop(const std::string& room, const std::string& socket_id) {
  const auto found = by_socket_.find({room, socket_id});
  return found != by_socket_.end() && remove(found->second);
}

std::vector<TypingStopped> Typing::expire(TimePoint now) {
  std::vector<TypingStopped> stopped;
  while (!entries_.empty() && entries_.front().deadline <= now) {
    TypingStopped who{entries_.front().room, entries_.front().user_id};
    if (remove(entries_.begin())) stopped.push_back(std::move(who));
  }
  return stopped;
}

std::optional<TimePoint> Typing::next_deadline() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.front().deadline;
}

bool Typing::remove(std::list<Entry>::iterator entry) {
  const auto user = sockets_typing_.find({entry->room, entry->user_id});
  const bool last = --user->second == 0;
  if (last) sockets_typing_.erase(user);
  by_socket_.erase({entry->room, entry->socket_id});
  entries_.erase(entry);
  return last;
}

}  // namespace belfry::rooms
