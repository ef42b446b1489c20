// Application handlers, which get handles, as the handlers that the protocol calls.
#pragma once

#include <utility>

#include "belfry/socket.h"
#include "socketio/handlers.h"

namespace belfry {

/// `handler(Socket&, rest...)` as a function of the socket's core.
template <class Handler>
auto with_handle(Handler handler) {
  return [handler = std::move(handler)](const socketio::SocketPtr& core, auto&&... rest) {
    Socket socket(core);
    handler(socket, std::forward<decltype(rest)>(rest)...);
  };
}

/// The same for events, whose last argument is the acknowledgement.
inline socketio::EventHandler event_with_handle(EventHandler handler) {
  return [handler = std::move(handler)](const socketio::SocketPtr& core, const Args& args,
                                        const socketio::ReplyPtr& reply) {
    Socket socket(core);
    handler(socket, args, Ack(reply));
  };
}

}  // namespace belfry
