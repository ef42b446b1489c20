// A path at which an Engine.IO server is reached: from HTTP requests to sessions.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engineio/engine.h"
#include "http/cors.h"
#include "http/request.h"
#include "http/response.h"
#include "net/address_table.h"
#include "runtime/timer_queue.h"

namespace belfry::net {

class ShardIo;

/// Why a request is refused (engine.io, Server.errors).
enum class Refusal {
  unknown_transport = 0,
  unknown_sid = 1,
  bad_method = 2,
  bad_request = 3,
  unsupported_version = 5
};

std::string_view message_of(Refusal refusal);

/// One a path and shard. Drives the engine: its timers, and its flush at the end of each turn.
class EngineEndpoint {
 public:
  EngineEndpoint(ShardIo& io, std::string path, const engineio::Options& options,
                 std::optional<http::CorsPolicy> cors, bool compress, engineio::Engine::OpenHandler on_open);

  engineio::Engine& engine() { return engine_; }
  bool serves(std::string_view path) const;

  /// What a request asks for, from its head alone.
  struct Plan {
    std::optional<Refusal> refusal;
    engineio::Session* session = nullptr;  // null: a handshake
    bool websocket = false;
  };
  Plan plan(const http::Request& request);
  /// The shard that has the session that the request names; -1 where it names none or an impossible one.
  static int shard_of(const http::Request& request);

  /// From now on handshakes are answered 503.
  void refuse_handshakes() {
    admits_ = [] { return false; };
  }
  /// Handshakes are answered 503 while this says no.
  void admit_while(std::function<bool()> admits) { admits_ = std::move(admits); }
  bool admits() const { return admits_ == nullptr || admits_(); }

  /// Answers with CORS headers, and compressed where the request and the answer allow it.
  http::Response respond(const http::Request& request, engineio::Answer answer);
  http::Response refuse(const http::Request& request, Refusal refusal);
  /// The answer where `admits` says no.
  http::Response refuse_busy(const http::Request& request);
  /// The answer to a handshake of an address that has opened enough: 429.
  http::Response refuse_address(const http::Request& request, const AddressTable::Answer& answer);
  /// Any other answer on this path.
  http::Response with_cors(const http::Request& request, http::Response response) const;
  http::Response preflight(const http::Request& request);
  std::shared_ptr<const engineio::Handshake> handshake(const http::Request& request,
                                                       std::string_view address) const;

  /// How many requests were refused, by `Refusal`, and behind those the ones that came while it admits
  /// nobody, and of addresses with too many sessions, or too many in a short time. Any thread may read it.
  using Refused = std::array<Tally, 9>;
  const Refused& refused() const { return refused_; }
  static std::string_view refusal_name(std::size_t index);

 private:
  void arm();

  ShardIo& io_;
  const std::string path_;                      // with a trailing slash: what follows it is of no account
  const std::optional<http::CorsPolicy> cors_;  // none: pages of other origins get no headers
  const bool compress_;
  engineio::Engine engine_;
  runtime::Timer timer_;
  std::optional<TimePoint> armed_;
  std::function<bool()> admits_;
  Refused refused_;
};

}  // namespace belfry::net
