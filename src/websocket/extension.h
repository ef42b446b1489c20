// Negotiation of permessage-deflate (RFC 7692, section 7.1). Pure functions, any thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "websocket/deflate.h"

namespace belfry::websocket {

/// The windows that a server compresses with beside its largest: few, so that what is sent to many is
/// compressed few times.
inline constexpr std::array kSmallerWindows = {12, kMinWindowBits};

/// What a server is willing to do.
struct DeflatePolicy {
  int window_bits = kMaxWindowBits;  ///< the largest, of either side
  bool keep_contexts = false;        ///< whether messages may refer to earlier ones
};

/// What both sides do from now on.
struct DeflateAgreement {
  int server_window_bits = kMaxWindowBits;  ///< of what this server sends
  int client_window_bits = kMaxWindowBits;  ///< of what the client sends
  bool server_keeps_context = false;
  bool client_keeps_context = false;
  std::string response;  ///< the value of the answer's `Sec-WebSocket-Extensions`
};

/// Takes the first offer in the client's `Sec-WebSocket-Extensions` that can be accepted. Offers with
/// parameters that are unknown, doubled or out of range are declined, and so are windows below
/// kMinWindowBits for what the server sends. None, or a value that is no list of extensions: nothing is
/// agreed.
std::optional<DeflateAgreement> negotiate_deflate(std::string_view offers, const DeflatePolicy& policy);

/// The window that a server compresses with where a client has asked for at most `bits`: `largest` or one
/// of kSmallerWindows. A smaller one than was asked for is always allowed.
int server_window(int bits, int largest);

}  // namespace belfry::websocket
