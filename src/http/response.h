// A response, and how it is written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/headers.h"

namespace belfry::http {

struct Response {
  int status = 200;
  std::vector<Header> headers =
      {};  ///< names in any case; Content-Length and Transfer-Encoding are not the caller's
  std::string body = {};

  /// The value of the first field with this name in any case, "" if there is none.
  std::string_view find(std::string_view name) const;
  /// Replaces the field with this name in any case, or adds it.
  void set(std::string_view name, std::string value);
  /// Adds a field beside others with this name (Set-Cookie).
  void add(std::string_view name, std::string value);
  /// Says in `Vary` that the response depends on that request field.
  void vary_by(std::string_view request_field);
};

/// A plain text response, in UTF-8.
Response text(int status, std::string body);
/// A response whose body is JSON already.
Response json(int status, std::string body);

/// `Not Found` for 404; "" for a status without a known phrase.
std::string_view reason_phrase(int status);

/// The bytes of a response to a request of that HTTP version, 10 or 11. Content-Length is always written,
/// save where the status allows no body (1xx, 204, 304). `head_only` (the answer to HEAD) leaves the body
/// away. `Connection` is written where `keep_alive` differs from the version's default and the response has
/// no such field. A field whose name or value would not be a field of its own (line breaks, control
/// characters) is left out.
std::string serialize(const Response& response, bool keep_alive, unsigned version, bool head_only);

}  // namespace belfry::http
