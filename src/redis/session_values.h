// Sessions as servers keep them in Redis.
#pragma once

#include <string>
#include <string_view>

#include "belfry/result.h"
#include "socketio/recovery/shared_sessions.h"

namespace belfry::redis {

/// `{sid, pid, rooms, data}`, in MessagePack and base64. Data that is null becomes an empty object, which
/// handlers on Node.js count on. What only our servers know is in the member `belfry`, which others leave
/// unread.
std::string write_session(const socketio::SharedSession& session);
/// Also of a server that is not ours. Fails with `malformed` where it is none.
Result<socketio::SharedSession> read_session(std::string_view text);

}  // namespace belfry::redis
