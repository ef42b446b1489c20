#include "apps/common/answers.h"

#include <string>

#include "belfry/namespace.h"
#include "core/ids.h"

namespace belfry::apps {

Error shown(const Error& error, std::string_view where, Log& log) {
  if (error.kind != ErrorKind::internal) return error;
  const std::string correlation = make_uuid7();
  log.error("handler", "failed", {{"handler", where}, {"correlation", correlation}, {"what", error.message}});
  return {ErrorKind::internal, "Internal error"};
}

void tell_error(Socket& socket, std::string_view event, const Error& error, const Ack& ack,
                ErrorStyle style) {
  if (style == ErrorStyle::always_event) socket.emit("error", Value{{"message", error.text()}});
  if (style == ErrorStyle::answer_or_event || ack.wanted()) Namespace::reject(socket, event, error, ack);
}

AnswerGuard::~AnswerGuard() {
  if (answered_.get() || !socket_.connected()) return;
  log_.error("handler", "left an event unanswered", {{"event", event_}});
  ack_(Value{{"success", false}, {"error", "Internal error"}});
}

void Request::succeed(Value fields) const {
  if (!ack.wanted()) return;
  guard->answered();
  fields["success"] = true;
  ack(fields);
}

void Request::refuse(const Error& error) const {
  failures[static_cast<std::size_t>(error.kind)].add(1);
  if (guard != nullptr) guard->answered();
  Socket target = socket;
  tell_error(target, event, shown(error, event, log), ack, style);
}

}  // namespace belfry::apps
