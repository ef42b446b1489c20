// Who may begin a connection at all.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "belfry/http.h"

namespace belfry {

/// Lets a client in or refuses it: once, on any thread; what comes later is ignored. A handle: copies are
/// one. If none answers, the client is refused. None may outlive the server.
class AllowReply {
 public:
  using Answer = std::function<void(bool allowed, std::string message)>;
  explicit AllowReply(Answer answer) : answer_(std::move(answer)) {}

  void allow() const { answer_(true, {}); }
  /// The client gets status 403 and `{"code":4,"message":message}`, which stock clients report in
  /// `connect_error`.
  void refuse(std::string message = "Forbidden") const { answer_(false, std::move(message)); }

 private:
  Answer answer_;
};

/// Asked for each handshake, before there is a session: a polling GET or a WebSocket without a session id, on
/// any path of the server. Runs on a shard: what takes long belongs elsewhere, and answers later.
using AllowRequestHandler = std::function<void(const HttpRequest&, const AllowReply&)>;

}  // namespace belfry
