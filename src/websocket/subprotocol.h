// The subprotocols that a client offers (RFC 6455, 4.1). Pure, any thread.
#pragma once

#include <optional>
#include <string_view>

namespace belfry::websocket {

/// The one to agree on: the first of `Sec-WebSocket-Protocol`, as browsers end a connection without one.
/// Nothing where the header is no list of different tokens.
std::optional<std::string_view> choose_subprotocol(std::string_view offered);

}  // namespace belfry::websocket
