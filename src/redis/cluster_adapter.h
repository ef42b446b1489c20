// An adapter over Redis, whatever the wire: what is done here, what others are told, and what they answer.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "redis/client.h"
#include "redis/places.h"
#include "redis/requests.h"
#include "redis/wire.h"
#include "runtime/flag.h"

namespace belfry::redis {

using MakeWire = std::function<std::unique_ptr<Wire>(WireContext)>;

/// Owned by the server. Does everything on the sockets of this process at once, then tells the others. Stops
/// the client when it goes.
class ClusterAdapter : public Adapter {
 public:
  ClusterAdapter(std::shared_ptr<Client> client, const AdapterContext& context,
                 const RedisAdapterOptions& options, const MakeWire& make_wire);
  ~ClusterAdapter() override;

  void broadcast(const std::string& nsp, const Payload& payload, const Target& target,
                 EmitFlags flags) override;
  void broadcast_with_ack(const std::string& nsp, const Payload& payload, const Target& target,
                          EmitFlags flags, std::chrono::milliseconds timeout,
                          std::function<void(std::vector<AckOutcome>)> done) override;
  void fetch_sockets(const std::string& nsp, const Target& target,
                     std::function<void(std::vector<RemoteSocket>)> done) override;
  void count_sockets(const std::string& nsp, const Target& target,
                     std::function<void(std::size_t)> done) override;
  void fetch_rooms(const std::string& nsp, std::function<void(std::vector<std::string>)> done) override;
  void join(const std::string& nsp, const Target& target, const std::vector<std::string>& rooms) override;
  void leave(const std::string& nsp, const Target& target, const std::vector<std::string>& rooms) override;
  void disconnect(const std::string& nsp, const Target& target, bool close) override;
  void server_side_emit(const std::string& nsp, const Payload& payload,
                        std::function<void(std::vector<AckResult>)> done) override;
  void server_count(std::function<void(std::size_t)> done) override;

  socketio::SharedSessions* sessions() override { return wire_->sessions(); }
  void on_namespace(const std::string& nsp, bool in_use) override;
  bool wants_rooms() const override { return true; }
  void on_room(const std::string& nsp, std::string_view room, bool in_use) override;
  std::map<std::string, std::int64_t> counts() const override { return tallies_.read(); }

 private:
  // Calls on shard 0: how many other servers there are in the namespace, whose answers will be heard as long
  // as `hold` lives. None where Redis is away, or does not say in time.
  using OnOthers = std::function<void(std::size_t others, std::shared_ptr<void> hold)>;
  void count_others(const std::string& nsp, OnOthers next);
  // All sockets in the cluster; calls on the shard that asks, or on shard 0.
  void gather_sockets(const std::string& nsp, const Target& target,
                      std::function<void(std::vector<RemoteSocket>)> done);
  // The shard that a caller means by its thread.
  runtime::Shard& asker() const;

  runtime::Shards& shards_;
  LocalOperations& local_;
  const RedisAdapterOptions options_;
  const std::shared_ptr<Client> client_;
  Tallies tallies_;
  Requests requests_;
  runtime::Flag up_{false};
  std::unique_ptr<Wire> wire_;
  std::shared_ptr<Places> places_;
};

/// The adapter of a wire, on a client of its own that is made when the server is given it.
AdapterFactory cluster_adapter(RedisOptions redis, RedisAdapterOptions options, MakeWire make_wire);

}  // namespace belfry::redis
