// A request as the reader gives it out.
#pragma once

#include <string>
#include <string_view>

#include "http/headers.h"

namespace belfry::http {

struct Request {
  std::string method = {};  ///< as sent; methods are case-sensitive
  std::string target = {};  ///< as sent, still encoded
  unsigned version = 11;    ///< 10 or 11
  Headers headers = {};
  std::string body = {};
  bool keep_alive = true;  ///< whether the client lets the connection serve another request
  bool secure = false;     ///< whether it came over TLS; whoever reads the connection says so

  /// The target up to its query, without scheme and authority where a client sends them; still encoded.
  std::string_view path() const;
  /// What follows the `?`, "" if nothing does; still encoded.
  std::string_view query() const;
  /// Whether the client asks for a WebSocket, which HTTP/1.0 does not have.
  bool upgrade() const;
  /// The server's own origin, as the client has addressed it: `https://chat.example.org`.
  std::string own_origin() const;
};

}  // namespace belfry::http
