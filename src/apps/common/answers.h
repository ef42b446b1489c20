// How events are answered, in every app.
#pragma once

#include <array>
#include <memory>
#include <string_view>
#include <utility>

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

/// Answers what was left unanswered when the last handle of its request has gone: a handler that threw, say.
class AnswerGuard {
 public:
  AnswerGuard(Socket socket, std::string_view event, Ack ack, Log& log)
      : socket_(std::move(socket)), event_(event), ack_(std::move(ack)), log_(log) {}
  ~AnswerGuard();
  AnswerGuard(const AnswerGuard&) = delete;
  AnswerGuard& operator=(const AnswerGuard&) = delete;

  void answered() { answered_.set(true); }

 private:
  const Socket socket_;
  const std::string_view event_;
  const Ack ack_;
  Log& log_;
  runtime::Flag answered_{false};
};

/// How an app tells a client that its event failed: `{success:false, error}` where it asked for an answer,
/// else event `error {event, message}`; or event `error {message}` in any case, beside the answer.
enum class ErrorStyle { answer_or_event, always_event };

/// Tells a client so.
void tell_error(Socket& socket, std::string_view event, const Error& error, const Ack& ack, ErrorStyle style);

/// An event that waits for its answer. A handle: copies are one; any thread.
struct Request {
  Socket socket;
  std::string_view event;  ///< a literal
  Ack ack;
  Log& log;
  Failures& failures;                  ///< of this event
  std::shared_ptr<AnswerGuard> guard;  ///< where an answer is wanted
  ErrorStyle style;

  /// `{success:true, …fields}`, where the client asked for an answer.
  void succeed(Value fields = Value::object()) const;
  /// Says what is wrong, in the app's style.
  void refuse(const Error& error) const;
};

}  // namespace belfry::apps
