// A path at which an Engine.IO server is reached: from HTTP requests to sessions.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engineio/engine.h"
#include "http/cookies.h"
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
  forbidden = 4,
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

  /// These paths are not its own, though they begin as its do.
  void leave(std::vector<std::string> paths) { left_ = std::move(paths); }
  /// Sets a cookie with the session's id in the answer to each handshake.
  void set_cookie(std::string name, http::CookieOptions options) {
    cookie_name_ = std::move(name);
    cookie_ = std::move(options);
  }
  /// The value of `Set-Cookie` for a new session, if there is to be one.
  std::optional<std::string> cookie(std::string_view sid) const;

  /// What a request asks for, from its head alone.
  struct Plan {
    std::optional<Refusal> refusal;
    engineio::Session* session = nullptr;  // null: a handshake
    bool websocket = false;
    engineio::Dialect dialect = {};  // of the transport that it is for
  };
  Plan plan(const http::Request& request);
  /// The shard that has the session that the request names; -1 where it names none or an impossible one.
  static int shard_of(const http::Request& request);

  /// Whether a POST is sent as bytes, which only version 3 does.
  static bool is_bytes(const http::Request& request);

  /// From now on handshakes are answered 503.
  void refuse_handshakes() {
    admits_ = [] { return false; };
  }
  /// Handshakes are answered 503 while this says no.
  void admit_while(std::function<bool()> admits) { admits_ = std::move(admits); }
  bool admits() const { return admits_ == nullptr || admits_(); }

  /// Hands a whole POST to its session.
  void post(engineio::Session& session, engineio::PollPort& port, const http::Request& request) const;
  /// Answers with CORS headers, and compressed where the request and the answer allow it.
  http::Response respond(const http::Request& request, engineio::Answer answer);
  /// No message: the one that belongs to the refusal.
  http::Response refuse(const http::Request& request, Refusal refusal, std::string_view message = {});
  /// The answer where `admits` says no.
  http::Response refuse_busy(const http::Request& request);
  /// The answer to a handshake of an address that has opened enough: 429.
  http::Response refuse_address(const http::Request& request, const AddressTable::Answer& answer);
  /// Any other answer on this path.
  http::Response with_cors(const http::Request& request, http::Response response) const;
  http::Response preflight(const http::Request& request);
  std::shared_ptr<const engineio::Handshake> handshake(const http::Request& request,
                                                       std::string_view address) const;

  /// What a handshake speaks; nothing: what is not served.
  std::optional<engineio::Dialect> dialect(const http::Request& request) const;

  /// How many requests were refused, by `Refusal`, and behind those the ones that came while it admits
  /// nobody, and of addresses with too many sessions, or too many in a short time. Any thread may read it.
  using Refused = std::array<Tally, 9>;
  const Refused& refused() const { return refused_; }
  static std::string_view refusal_name(std::size_t index);

 private:
  void arm();
  std::optional<std::string> jsonp(const http::Request& request) const;

  ShardIo& io_;
  const std::string path_;                      // with a trailing slash: what follows it is of no account
  const std::optional<http::CorsPolicy> cors_;  // none: pages of other origins get no headers
  const bool compress_;
  std::vector<std::string> left_;
  std::string cookie_name_;
  std::optional<http::CookieOptions> cookie_;
  engineio::Engine engine_;
  runtime::Timer timer_;
  std::optional<TimePoint> armed_;
  std::function<bool()> admits_;
  Refused refused_;
};

}  // namespace belfry::net
