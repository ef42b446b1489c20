// The sockets of this process, over all its shards.
#pragma once

#include <memory>
#include <vector>

#include "belfry/adapter.h"
#include "core/message.h"
#include "runtime/shards.h"
#include "socketio/hub.h"

namespace belfry::socketio {

/// Does an operation on each shard: at once on the caller's, posted to the others. Any thread. Must not
/// outlive the shards and their hubs. What is asked before the server listens is done when it does.
class LocalSockets : public LocalOperations {
 public:
  LocalSockets(runtime::Shards& shards, Shared& shared) : shards_(shards), shared_(shared) {}

  void broadcast(const std::string& nsp, const Payload& payload, const Target& target,
                 EmitFlags flags) override;
  void broadcast_with_ack(const std::string& nsp, const Payload& payload, const Target& target,
                          EmitFlags flags, std::chrono::milliseconds timeout,
                          std::function<void(std::vector<AckOutcome>)> done) override;
  void broadcast_asking(const std::string& nsp, const Payload& payload, const Target& target, EmitFlags flags,
                        std::chrono::milliseconds timeout, std::function<void(std::size_t)> asked,
                        std::function<void(AckOutcome)> answered) override;
  void fetch_sockets(const std::string& nsp, const Target& target,
                     std::function<void(std::vector<RemoteSocket>)> done) override;
  void count_sockets(const std::string& nsp, const Target& target,
                     std::function<void(std::size_t)> done) override;
  void fetch_rooms(const std::string& nsp, std::function<void(std::vector<std::string>)> done) override;
  void join(const std::string& nsp, const Target& target, const std::vector<std::string>& rooms) override;
  void leave(const std::string& nsp, const Target& target, const std::vector<std::string>& rooms) override;
  void disconnect(const std::string& nsp, const Target& target, bool close) override;
  void broadcast_entry(const std::string& nsp, const Payload& payload, const Target& target,
                       const EmitFlags& flags, std::uint64_t entry) override;
  void passed(const std::string& nsp, std::uint64_t entry) override;

 private:
  SharedMessage share(Encoded encoded) const;
  // Where sessions can be recovered, what another thread asks is done from shard 0, in its order: true.
  template <class Work>
  bool hop(Work work);
  // Calls `visit(LocalNamespace&)` on every shard that has the namespace.
  template <class Visit>
  void on_each_namespace(const std::string& nsp, Visit visit);
  // Calls `visit(LocalNamespace&, SocketCore&)` for every socket meant, on its shard; those whose client may
  // come back are meant too.
  template <class Visit>
  void on_each_member(const std::string& nsp, const Target& target, Visit visit);
  template <class T, class Collect>
  void gather(const std::string& nsp, const Target& target, Collect collect,
              std::function<void(std::vector<T>)> done);

  void broadcast_logged(const std::string& nsp, const Payload& payload, const Target& target,
                        const EmitFlags& flags);

  runtime::Shards& shards_;
  Shared& shared_;
};

}  // namespace belfry::socketio
