// How events are answered, in every app.
#pragma once

#include <array>
#include <string_view>

#include "apps/common/app_stats.h"
#include "belfry/log.h"
#include "belfry/result.h"
#include "belfry/socket.h"
#include "runtime/flag.h"

namespace belfry::apps {

/// What a peer may see of an error: a defect of ours is logged under a correlation id, and becomes `Internal
/// error`.
Error shown(const Error& error, std::string_view where, Log& log);

/// How often an event failed, by the kind of error. Any thread.
using Failures = std::array<runtime::Counter, kErrorKinds>;

/// An event that waits for its answer. A handle: copies are one; any thread.
struct Request {
  Socket socket;
  std::string_view event;  ///< a literal
  Ack ack;
  Log& log;
  Failures& failures;  ///< of this event

  /// `{success:true, …fields}`, where the client asked for an answer.
  void succeed(Value fields = Value::object()) const;
  /// `{success:false, error}`, or event `error {event, message}`.
  void refuse(const Error& error) const;
};

}  // namespace belfry::apps
