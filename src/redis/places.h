// Where this server's sockets are: the namespaces whose channels it listens to, and the rooms.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "redis/client.h"
#include "runtime/guarded.h"

namespace belfry::redis {

struct ChannelName {
  Listen how = Listen::channel;
  std::string name;
  bool operator==(const ChannelName&) const = default;
};

/// Shared by an adapter and by whoever uses a namespace for a while. Any thread. Bounded by what the server's
/// own bounds on namespaces and rooms leave.
class Places : public std::enable_shared_from_this<Places> {
 public:
  /// `channels`: what is listened to for a namespace; `room_channel`: and for a room of it, where there is
  /// one. Both are called on any thread.
  struct Names {
    std::function<std::vector<ChannelName>(const std::string& nsp)> channels;
    std::function<std::vector<ChannelName>(const std::string& nsp, const std::string& room)> room_channels;
    std::function<void(const std::string& nsp, const Published&)> on_published;
  };

  Places(std::shared_ptr<Client> client, Names names)
      : client_(std::move(client)), names_(std::move(names)) {}

  /// Listens for the namespace as long as anybody uses it.
  void use(const std::string& nsp);
  void release(const std::string& nsp);
  /// The same for the life of what is returned.
  std::shared_ptr<void> hold(const std::string& nsp);
  /// Calls once all channels of a namespace that is in use have been listened to: at once or on the client's
  /// thread; not at all where nobody uses it any more.
  void when_ready(const std::string& nsp, std::function<void()> call);

  /// Calls nobody any more who waits for that.
  void drop_waiting();

  void use_room(const std::string& nsp, std::string_view room);
  void release_room(const std::string& nsp, std::string_view room);
  bool has_room(const std::string& nsp, std::string_view room);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Counts = std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>>;
  struct Place {
    std::size_t users = 0;
    std::size_t silent = 0;   // channels that Redis has not confirmed
    std::uint64_t epoch = 0;  // of the present use: what an earlier one hears of is nothing to it
    std::vector<std::function<void()>> waiting;
    Counts rooms;
  };
  using Map = std::unordered_map<std::string, Place>;

  void begin(const std::string& nsp, Place& place);
  void listen(const ChannelName& channel, const std::string& nsp, std::function<void()> ready);
  void on_ready(const std::string& nsp, std::uint64_t epoch);
  void forget_if_empty(Map& places, const std::string& nsp);

  const std::shared_ptr<Client> client_;
  const Names names_;
  runtime::Guarded<Map> places_;
  std::uint64_t next_epoch_ = 0;  // guarded as they are
};

}  // namespace belfry::redis
