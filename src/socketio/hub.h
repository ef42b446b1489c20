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
#include "belfry/options.h"
#include "engineio/ports.h"
#include "engineio/session.h"
#include "runtime/flag.h"
#include "runtime/shards.h"
#include "socketio/decoder.h"
#include "socketio/encoder.h"
#include "socketio/handlers.h"
#include "socketio/limits.h"
#include "socketio/local_namespace.h"

namespace belfry::socketio {

struct HubOptions {
  std::chrono::milliseconds connect_timeout{45'000};  ///< a client in no namespace by then is closed
  std::chrono::milliseconds ack_timeout{60'000};      ///< for events that name no time-out of their own
  std::size_t compressed_from_bytes =
      ~std::size_t{0};  ///< smaller messages are never compressed over WebSocket; default: none is
  std::optional<RecoveryOptions> recovery = std::nullopt;
  std::string shutdown_event = {};  ///< tells a client that the server will end it; empty: it is not told
  std::chrono::milliseconds loss_notice{45'000};  ///< how long a lost connection may go unnoticed
  std::size_t max_missed_bytes = 16u << 20;       ///< that are sent to a client that comes back
};

class Hub;

/// What the hubs of all shards share.
struct Shared {
  Registry registry;                   // constant once the server listens
  HubOptions options;                  // constant
  Encoder encoder;                     // constant
  Limits limits;                       // constant
  Log* log = nullptr;                  // these four constant
  SocketOperations* local = nullptr;   // the sockets of this process
  Adapter* adapter = nullptr;          // those of all
  SharedSessions* sessions = nullptr;  // that all servers share; null: each has its own
  runtime::Shards* shards = nullptr;   // these two constant once the server listens
  std::vector<Hub*> hubs;              // one a shard, in their order
  runtime::Counter clients;            // Engine.IO connections
  runtime::Counter next_ack_id;
  runtime::Counter next_event_number;
  runtime::Counter next_claim;
  std::array<runtime::Counter, kLimitCount> limited;

  /// Whether events are logged here, for sessions of this process.
  bool keeps_log() const { return options.recovery && sessions == nullptr; }
  /// What is asked of a socket whose client is away goes to wherever that comes back.
  SocketOperations& operations_away() const {
    return sessions != nullptr ? static_cast<SocketOperations&>(*adapter) : *local;
  }

  /// One sequence for all: an id is unique wherever it is open.
  std::uint64_t new_ack_id() { return static_cast<std::uint64_t>(next_ack_id.take_next()); }
  /// Every event until now has a smaller number.
  EventNumber event_numbers() const { return static_cast<EventNumber>(next_event_number.get()); }
  EventNumber new_event_number() { return static_cast<EventNumber>(next_event_number.take_next()); }
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
  RecoveryMetrics& recovery_metrics() { return recovery_metrics_; }
  const RecoveryMetrics& recovery_metrics() const { return recovery_metrics_; }
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
  /// Nobody whose connection is lost may come back to their session.
  void end_recoverable();

 private:
  runtime::Shard& shard_;
  Shared& shared_;
  Decoder decoder_;
  RecoveryMetrics recovery_metrics_;
  std::unordered_map<std::string, std::unique_ptr<LocalNamespace>, StringHash, std::equal_to<>> namespaces_;
};

}  // namespace belfry::socketio
