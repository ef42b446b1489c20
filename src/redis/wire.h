// A form in which the servers of a cluster talk: what differs between the adapters.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/adapter.h"
#include "belfry/redis_adapter.h"
#include "redis/client.h"
#include "redis/places.h"
#include "redis/requests.h"
#include "runtime/flag.h"

namespace belfry::redis {

/// What adapters count. `malformed`: messages of other servers that are none; `unsent`: what others should
/// have heard and Redis could not take; `incomplete`: questions that some server has not answered.
enum class Tallied : std::uint8_t { malformed, unsent, incomplete };
inline constexpr std::array<std::string_view, 3> kTalliedNames = {"malformed", "unsent", "incomplete"};

/// Counts, and writes a line of the log now and then. Any thread.
class Tallies {
 public:
  explicit Tallies(Log& log) : log_(log) {}
  void add(Tallied what, std::string_view why);
  std::map<std::string, std::int64_t> read() const;

 private:
  Log& log_;
  std::array<runtime::Counter, kTalliedNames.size()> counts_;
  std::array<runtime::Counter, kTalliedNames.size()> logged_ms_;
};

/// What a wire works with. All outlive it.
struct WireContext {
  LocalOperations& local;
  Requests& requests;
  Tallies& tallies;
  Client& client;
  runtime::Shards& shards;
  decltype(AdapterContext::on_server_event) on_server_event;
  Log& log;
  RedisAdapterOptions options;
  std::optional<std::chrono::milliseconds> session_time;  // none: sessions are not recovered
  const runtime::Flag& up;                                // whether Redis is there
};

/// Owned by an adapter. `on_published` is called on the client's thread, all else on any. What other servers
/// want it does on the sockets of this one, and answers.
class Wire {
 public:
  explicit Wire(WireContext context) : context_(std::move(context)) {}
  virtual ~Wire() = default;

  /// What a server listens to for a namespace.
  virtual std::vector<ChannelName> channels(const std::string& nsp) const = 0;
  /// And for a room that it has, or the id of a socket.
  virtual std::vector<ChannelName> room_channels(const std::string& nsp, const std::string& room) const = 0;
  /// The one of them whose listeners are the servers of the namespace.
  virtual ChannelName counted_channel(const std::string& nsp) const = 0;
  virtual void on_published(const std::string& nsp, const Published& published, Places& places) = 0;

  // To the other servers. `id` is that of the question in Requests; empty: no answer is wanted.
  virtual void broadcast(const std::string& nsp, const Payload& payload, const Target& target,
                         const EmitFlags& flags) = 0;
  virtual void ask_clients(const std::string& nsp, const Payload& payload, const Target& target,
                           const EmitFlags& flags, std::chrono::milliseconds timeout,
                           const std::string& id) = 0;
  virtual void ask_sockets(const std::string& nsp, const Target& target, const std::string& id) = 0;
  virtual void change_rooms(const std::string& nsp, const Target& target,
                            const std::vector<std::string>& rooms, bool join) = 0;
  virtual void disconnect(const std::string& nsp, const Target& target, bool close) = 0;
  virtual void server_event(const std::string& nsp, const Payload& payload, const std::string& id) = 0;

  /// Sessions that it keeps for all servers; null: none. Where it does, it also sees to it that what it is
  /// told of events that can be recovered, joins, leaves and disconnects is done on the sockets of this
  /// server.
  virtual socketio::SharedSessions* sessions() { return nullptr; }

 protected:
  void publish(const ChannelName& channel, std::string bytes);
  /// Hands an event of another server to the handlers, on shard 0. `answer` may be empty; it is called once
  /// at most, on any thread, with the first argument.
  void deliver(const std::string& nsp, const Value& event, std::function<void(Value)> answer);

  WireContext context_;
};

/// A server of the wire: 6 to 16 characters that no other has.
std::string make_server_uid();

}  // namespace belfry::redis
