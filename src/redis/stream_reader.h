// Reading a stream from where it ends.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "redis/client.h"
#include "runtime/guarded.h"
#include "runtime/shards.h"
#include "socketio/recovery/log.h"

namespace belfry::redis {

/// Reads entry after entry, for as long as it lives. Its client is its own, as reading blocks a connection.
/// After an outage it goes on where it was.
class StreamReader {
 public:
  /// On the client's thread: `[id, [name, value, …]]`.
  using OnEntry = std::function<void(const Reply& entry)>;

  StreamReader(std::shared_ptr<Client> client, runtime::Shards& shards, std::string stream,
               std::chrono::milliseconds block, OnEntry on_entry);
  ~StreamReader();
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  const std::string& stream() const { return stream_; }
  /// Whether it reads what is written from now on. Any thread.
  bool is_reading() const {
    return position_.with([](const auto& position) { return position.has_value(); });
  }
  /// Runs `call` unless an entry behind that one has been handed on; none is meanwhile. Any thread.
  template <class Call>
  bool unless_behind(socketio::EventNumber entry, Call call) const {
    return position_.with([&](const auto& position) {
      if (!position || *position > entry) return false;
      call();
      return true;
    });
  }

 private:
  void find_end();
  void read();
  void on_read(const Result<Reply>& reply);
  void hand_on(const Reply& entry);
  // After a failure.
  void later(void (StreamReader::*next)());

  const std::shared_ptr<Client> client_;
  runtime::Shards& shards_;
  const std::string stream_;
  const std::string block_ms_;
  const OnEntry on_entry_;
  std::string last_id_;  // one call at a time has it
  // The same, for all; none: the end has not been found. Held while an entry is handed on.
  mutable runtime::Guarded<std::optional<socketio::EventNumber>> position_;
};

}  // namespace belfry::redis
