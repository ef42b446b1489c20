// Reads HTTP/1.0 and 1.1 requests from bytes in any segmentation.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "http/request.h"

namespace belfry::http {

/// What a request may measure. A head past its bound is answered 431, a body past its bound 413.
struct Limits {
  std::size_t header_bytes = 16384;
  std::size_t body_bytes = 1000000;
};

enum class Outcome {
  need_more,
  request,  ///< one is complete
  error     ///< what came is not a request; the connection cannot go on after `error_status`
};

struct Step {
  Outcome outcome;
  std::size_t consumed;  ///< of the bytes given; all of them with `need_more`
};

/// The reading half of one HTTP connection. Owned by it, on its thread. Between requests it holds no memory
/// beyond itself; within one, its head and what has arrived of its body, both bounded by `Limits`.
///
/// Refused with 400 beyond what is plainly no HTTP: whatever two readers could take for two different
/// requests (both of Content-Length and Transfer-Encoding, either of them twice, codings after `chunked`),
/// obsolete line folding, and a missing, second or impossible Host.
class Reader {
 public:
  explicit Reader(Limits limits);
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  /// Takes the bytes that came, and only those. Stops after one complete request, until `take`: the bytes
  /// behind it (the next request, or a WebSocket's) stay the caller's.
  Step feed(std::string_view bytes);

  /// Whether the head is complete, though the body may be outstanding or refused.
  bool head_ready() const;
  /// The head, with as much of the body as has come. Only with `head_ready`.
  const Request& head() const;
  /// Whether the client waits for `100 Continue` before it sends the body.
  bool expects_continue() const;
  /// Gives out the request after `Outcome::request`, and is ready for the next one.
  Request take();

  /// After `Outcome::error`: 400, 413, 431, 501 or 505.
  int error_status() const;
  /// Whether nothing of a request has come yet.
  bool idle() const;

 private:
  class Parser;

  Limits limits_;
  std::unique_ptr<Parser> parser_;  // null while idle
};

}  // namespace belfry::http
