// Sessions that are kept in Redis, and what they have missed in a stream.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "redis/stream_reader.h"
#include "redis/wire.h"
#include "socketio/recovery/shared_sessions.h"

namespace belfry::redis {

/// Owned by a wire. What is asked of Redis has its time-outs, and all of a catching up `request_timeout`.
class StreamSessions : public socketio::SharedSessions {
 public:
  using ReaderOf = std::function<const StreamReader&(const std::string& nsp)>;

  StreamSessions(const WireContext& context, std::string key_prefix, ReaderOf reader_of);

  void keep(const std::string& nsp, const socketio::SharedSession& session) override;
  void claim(const std::string& nsp, const std::string& pid, socketio::EventNumber offset, unsigned shard,
             std::function<void(std::optional<socketio::SharedSession>)> done) override;
  void catch_up(const std::string& nsp, socketio::SharedSession session, socketio::EventNumber offset,
                std::size_t max_bytes, unsigned shard,
                std::function<void(std::optional<socketio::CaughtUp>)> done) override;

 private:
  struct Walk;

  void take(const std::string& pid, socketio::EventNumber offset,
            std::function<void(std::optional<socketio::SharedSession>)> done);
  void step(const std::shared_ptr<Walk>& walk);
  void on_step(const std::shared_ptr<Walk>& walk, const Reply& entries);

  const WireContext& context_;
  const std::string key_prefix_;
  const ReaderOf reader_of_;
};

}  // namespace belfry::redis
