// Messages with binary data as WebSockets of Engine.IO protocol 3 carry them.
#pragma once

#include "core/message.h"

namespace belfry::net {

/// The message with the type of its binary packets in front of them, as a byte, or as text where the client
/// takes no bytes (`base64`). Version 4 has no type there.
Encoded frame_v3(const Encoded& message, bool base64);

}  // namespace belfry::net
