// The keys of the WebSocket handshake (RFC 6455, 4.2). Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

namespace belfry::websocket {

/// `Sec-WebSocket-Accept` for the client's `Sec-WebSocket-Key`.
std::string accept_key(std::string_view sec_websocket_key);

/// Whether the client's key is 16 bytes in base64.
bool valid_key(std::string_view sec_websocket_key);

}  // namespace belfry::websocket
