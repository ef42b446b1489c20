// What one client sends, as fast as it may.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/token_bucket.h"
#include "runtime/timer_queue.h"

namespace belfry::engineio {
class Session;
}

namespace belfry::socketio {

class Client;
class Hub;

/// Measures the messages of one client. Where something is owed, by the connection or by one of its sockets,
/// the session is held, and what has come already waits here: at most what one read and one request bring. A
/// client that goes on like that is warned, and closed in the end. Owned by its Client, on that one's shard.
class Intake {
 public:
  Intake(Client& client, Hub& hub, engineio::Session& session);
  ~Intake();

  /// A message: handled at once or later, in order, by `Client::handle`.
  void take(bool binary, std::string_view data);
  /// Something without a message, which counts as one.
  void take_control();
  /// A socket of the client owes this for the message that is being handled; `limit` is for its warning.
  void owe(TokenBucket::Duration owed, std::string_view limit);
  /// Handles nothing more.
  void close();

 private:
  struct Held;

  void handle(bool binary, std::string_view data);
  void throttle(TokenBucket::Duration owed, std::string_view limit);
  void go_on();

  Client& client_;
  Hub& hub_;
  engineio::Session& session_;
  Meter meter_;
  TokenBucket::Duration owed_{0};  // for the message that is being handled
  std::string_view limit_;         // by whom the most is owed
  std::unique_ptr<Held> held_;     // where the client has been throttled
};

}  // namespace belfry::socketio
