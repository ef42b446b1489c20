#include "redis/places.h"

#include <utility>

namespace belfry::redis {

// What Redis is asked is asked under the lock, in the order in which it came to be so. The client waits for
// nothing and calls nobody back meanwhile.

void Places::use(const std::string& nsp) {
  places_.with([&](Map& places) {
    Place& place = places[nsp];
    if (place.users++ == 0) begin(nsp, place);
  });
}

void Places::begin(const std::string& nsp, Place& place) {
  const auto channels = names_.channels(nsp);
  const std::uint64_t epoch = ++next_epoch_;
  place.epoch = epoch;
  place.silent = channels.size();
  for (const ChannelName& channel : channels) {
    const auto told = std::make_shared<bool>(false);
    listen(channel, nsp, [self = weak_from_this(), nsp, epoch, told] {
      if (std::exchange(*told, true)) return;
      if (const auto places = self.lock()) places->on_ready(nsp, epoch);
    });
  }
}

void Places::listen(const ChannelName& channel, const std::string& nsp, std::function<void()> ready) {
  const auto on_published = [self = weak_from_this(), nsp](const Published& published) {
    if (const auto places = self.lock()) places->names_.on_published(nsp, published);
  };
  client_->listen(channel.how, channel.name, on_published, std::move(ready));
}

void Places::on_ready(const std::string& nsp, std::uint64_t epoch) {
  const auto calls = places_.with([&](Map& places) {
    const auto it = places.find(nsp);
    const bool is_last = it != places.end() && it->second.epoch == epoch && --it->second.silent == 0;
    return is_last ? std::exchange(it->second.waiting, {}) : std::vector<std::function<void()>>();
  });
  for (const auto& call : calls) call();
}

void Places::release(const std::string& nsp) {
  places_.with([&](Map& places) {
    const auto it = places.find(nsp);
    if (it == places.end() || it->second.users == 0 || --it->second.users > 0) return;
    for (const ChannelName& channel : names_.channels(nsp)) client_->unlisten(channel.how, channel.name);
    it->second.epoch = 0;
    it->second.waiting.clear();
    forget_if_empty(places, nsp);
  });
}

void Places::forget_if_empty(Map& places, const std::string& nsp) {
  const auto it = places.find(nsp);
  if (it->second.users == 0 && it->second.rooms.empty()) places.erase(it);
}

std::shared_ptr<void> Places::hold(const std::string& nsp) {
  use(nsp);
  return {nullptr, [self = shared_from_this(), nsp](void*) { self->release(nsp); }};
}

void Places::when_ready(const std::string& nsp, std::function<void()> call) {
  const bool is_ready = places_.with([&](Map& places) {
    const auto it = places.find(nsp);
    if (it == places.end() || it->second.users == 0) return false;
    if (it->second.silent == 0) return true;
    it->second.waiting.push_back(call);
    return false;
  });
  if (is_ready) call();
}

// They hold the places themselves, so they are destroyed when the lock is not held.
void Places::drop_waiting() {
  std::vector<std::function<void()>> dropped;
  places_.with([&](Map& places) {
    for (auto& [nsp, place] : places) {
      for (auto& call : std::exchange(place.waiting, {})) dropped.push_back(std::move(call));
    }
  });
}

void Places::use_room(const std::string& nsp, std::string_view room) {
  places_.with([&](Map& places) {
    const auto [it, is_new] = places[nsp].rooms.try_emplace(std::string(room), 0);
    ++it->second;
    if (!is_new) return;
    for (const ChannelName& channel : names_.room_channels(nsp, it->first)) listen(channel, nsp, nullptr);
  });
}

void Places::release_room(const std::string& nsp, std::string_view room) {
  places_.with([&](Map& places) {
    const auto place = places.find(nsp);
    if (place == places.end()) return;
    const auto it = place->second.rooms.find(room);
    if (it == place->second.rooms.end() || --it->second > 0) return;
    for (const ChannelName& channel : names_.room_channels(nsp, it->first)) {
      client_->unlisten(channel.how, channel.name);
    }
    place->second.rooms.erase(it);
    forget_if_empty(places, nsp);
  });
}

bool Places::has_room(const std::string& nsp, std::string_view room) {
  return places_.with([&](Map& places) {
    const auto it = places.find(nsp);
    return it != places.end() && it->second.rooms.contains(room);
  });
}

}  // namespace belfry::redis
