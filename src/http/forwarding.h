// What a server that stands between a client and another server sends on. Pure, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/headers.h"
#include "http/request.h"

namespace belfry::http {

/// The bytes of a request to another server, its body included, with `more` among its fields. What a client
/// has said of its own connection stays behind (RFC 9110, 7.6.1): the other one is closed after the answer,
/// unless it becomes a WebSocket. So do fields of the names in `more`.
std::string serialize_forwarded(const Request& request, const std::vector<Header>& more);

/// The head of another server's answer.
struct ForwardedHead {
  int status = 0;
  std::vector<Header> headers = {};
  std::size_t content_length = 0;  ///< of the body that follows
};

/// Reads a whole head, with the empty line at its end. Nothing: it is none of HTTP/1.1, or does not say in
/// Content-Length how long its body is, as the answers of this server do.
std::optional<ForwardedHead> read_forwarded_head(std::string_view head);

/// The same head for the client, whose own connection goes on or not. Of a 101 the fields of the connection
/// stay as they are.
std::string serialize_head(const ForwardedHead& head, bool keep_alive, unsigned version);

}  // namespace belfry::http
