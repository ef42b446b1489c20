// Commands on their way to Redis.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "redis/client.h"
#include "redis/session.h"

namespace belfry::redis {

/// One command, or several that go together. Made on the thread that asks, then handed from owner to owner;
/// `done` is called once.
struct Request {
  std::string bytes;
  std::size_t replies = 1;  ///< that the bytes are answered with
  /// Where each of several commands ends that are not atomic; else empty: all of it is one.
  std::vector<std::size_t> ends;
  std::optional<std::uint16_t> slot;  ///< of a cluster, where the first key has one
  TimePoint since;                    ///< when the client's thread got it
  Session::OnReplies done;
};

Request request_of(const Command& command, OnReply done);
/// `atomic`: between MULTI and EXEC.
Request request_of(const std::vector<Command>& commands, bool atomic, OnReply done);

}  // namespace belfry::redis
