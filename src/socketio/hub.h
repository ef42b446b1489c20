// One shard's Socket.IO server: its clients and its part of every namespace.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "belfry/adapter.h"
#include "belfry/log.h"
#include "engineio/ports.h"
#include "engineio/session.h"
#include "runtime/flag.h"
#include "runtime/shard.h"
#include "socketio/decoder.h"
#include "socketio/handlers.h"
#include "socketio/limits.h"
#include "socketio/local_namespace.h"

namespace belfry::socketio {

struct HubOptions {
  std::chrono::milliseconds connect_timeout{45'000};  ///< a client in no namespace by then is closed
  std::chrono::milliseconds ack_timeout{60'000};      ///< for events that name no time-out of their own
};

/// What the hubs of all shards share.
struct Shared {
  Registry registry;                  // constant once the server listens
  HubOptions options;                 // constant
  Limits limits;                      // constant
  Log* log = nullptr;                 // these three constant
  SocketOperations* local = nullptr;  // the sockets of this process
  Adapter* adapter = nullptr;         // those of all
  runtime::Counter clients;           // Engine.IO connections
  runtime::Counter next_ack_id;
  std::array<runtime::Counter, kLimitCount> limited;

  /// One sequence for all: an id is unique wherever it is open.
  std::uint64_t new_ack_id() { return static_cast<std::uint64_t>(next_ack_id.take_next()); }
};

/// Lives on its shard.
class Hub {
 public:
  Hub(runtime::Shard& shard, Shared& shared);
  ~Hub();

  runtime::Shard& shard() const { return shard_; }
  Shared& shared() const { return shared_; }
  Log& log() const { return *shared_.log; }
  Decoder& decoder() { return decoder_; }
  /// A client has met that bound.
  void count(Limit limit) { shared_.limited[static_cast<std::size_t>(limit)].add(1); }

  static constexpr std::size_t kMaxNameBytes = 1'024;

  /// A new connection.
  std::unique_ptr<engineio::SessionHandler> accept(engineio::Session& session);

  /// The namespace as it is on this shard, or null.
  LocalNamespace* find(std::string_view name);
  /// The same, made where the application admits it; null: `Invalid namespace`. So are names beyond
  /// `kMaxNameBytes`, which nobody is asked about: std::regex takes stack for every byte.
  LocalNamespace* open(std::string_view name, const Value& auth);
  /// Forgets a namespace of a pattern that nobody is in.
  void close_if_unused(LocalNamespace& nsp);

 private:
  runtime::Shard& shard_;
  Shared& shared_;
  Decoder decoder_;
  std::unordered_map<std::string, std::unique_ptr<LocalNamespace>, StringHash, std::equal_to<>> namespaces_;
};

}  // namespace belfry::socketio
