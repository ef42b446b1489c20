// What tests of the whole of Socket.IO stand on: hubs and engines on shards, without connections below them.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "engineio/engine.h"
#include "engineio/testing.h"
#include "socketio/hub.h"
#include "socketio/local_sockets.h"

namespace belfry::socketio::testing {

/// A hub and an engine a shard, joined as a server does it. Everything of a shard is used on its thread, or
/// while no shard runs.
class Site {
 public:
  /// `clock` is asked on every shard. Namespaces are added to `shared.registry` before the first client.
  Site(runtime::Shards& shards, const engineio::Options& options, const engineio::Engine::Clock& clock)
      : local(shards, shared) {
    shared.log = &log_;
    shared.local = &local;
    for (unsigned i = 0; i < shards.size(); ++i) {
      hubs.push_back(std::make_unique<Hub>(shards.at(i), shared));
      Hub* hub = hubs.back().get();
      shared.hubs.push_back(hub);
      const auto accept = [hub](engineio::Session& session) { return hub->accept(session); };
      engines.push_back(
          std::make_unique<engineio::Engine>(options, static_cast<std::uint8_t>(i), clock, accept));
    }
    shared.shards = &shards;
  }

  Shared shared;
  LocalSockets local;
  std::vector<std::unique_ptr<Hub>> hubs;
  std::vector<std::unique_ptr<engineio::Engine>> engines;

 private:
  Log log_;
};

}  // namespace belfry::socketio::testing
