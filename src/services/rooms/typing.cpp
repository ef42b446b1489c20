#include "services/rooms/typing.h"

namespace belfry::rooms {

bool Typing::start(const std::string& room, const std::string& user_id, const std::string& socket_id,
                   TimePoint now) {
  const auto [place, added] = by_socket_.try_emplace({socket_id, room});
  if (!added) {
    place->second->deadline = now + expiry_;
    entries_.splice(entries_.end(), entries_, place->second);
    return false;
  }
  place->second = entries_.insert(entries_.end(), {room, user_id, socket_id, now + expiry_});
  Typist& typist = typists_[{room, user_id}];
  const bool news = typist.idle();
  if (++typist.sockets == 1) here_(room, user_id, true);
  return news;
}

bool Typing::start_elsewhere(const std::string& room, const std::string& user_id, const std::string& node) {
  Typist& typist = typists_[{room, user_id}];
  const bool news = typist.idle();
  typist.nodes.insert(node);
  return news;
}

bool Typing::stop_elsewhere(const std::string& room, const std::string& user_id, const std::string& node) {
  const auto found = typists_.find({room, user_id});
  if (found == typists_.end() || found->second.nodes.erase(node) == 0) return false;
  if (!found->second.idle()) return false;
  typists_.erase(found);
  return true;
}

bool Typing::stop(const std::string& room, const std::string& socket_id) {
  const auto found = by_socket_.find({socket_id, room});
  return found != by_socket_.end() && end(found->second);
}

std::vector<TypingStopped> Typing::drop(const std::string& socket_id) {
  std::vector<TypingStopped> stopped;
  for (auto found = by_socket_.lower_bound({socket_id, ""});
       found != by_socket_.end() && found->first.first == socket_id;) {
    const auto entry = (found++)->second;
    TypingStopped who{entry->room, entry->user_id};
    if (end(entry)) stopped.push_back(std::move(who));
  }
  return stopped;
}

bool Typing::remove(const std::string& room, const std::string& user_id) {
  bool stopped = false;
  for (auto next = entries_.begin(); next != entries_.end();) {
    const auto entry = next++;
    if (entry->room == room && entry->user_id == user_id) stopped |= end(entry);
  }
  return stopped;
}

bool Typing::anybody(const std::string& room) const {
  const auto first = typists_.lower_bound({room, ""});
  return first != typists_.end() && first->first.first == room;
}

std::vector<TypingStopped> Typing::expire(TimePoint now) {
  std::vector<TypingStopped> stopped;
  while (!entries_.empty() && entries_.front().deadline <= now) {
    TypingStopped who{entries_.front().room, entries_.front().user_id};
    if (end(entries_.begin())) stopped.push_back(std::move(who));
  }
  return stopped;
}

std::optional<TimePoint> Typing::next_deadline() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.front().deadline;
}

bool Typing::end(std::list<Entry>::iterator entry) {
  const auto user = typists_.find({entry->room, entry->user_id});
  if (--user->second.sockets == 0) here_(entry->room, entry->user_id, false);
  const bool last = user->second.idle();
  if (last) typists_.erase(user);
  by_socket_.erase({entry->socket_id, entry->room});
  entries_.erase(entry);
  return last;
}

}  // namespace belfry::rooms
