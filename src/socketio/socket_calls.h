// How a socket calls the application's handlers; for its own sources.
#pragma once

#include <exception>

#include "core/ids.h"
#include "socketio/hub.h"
#include "socketio/socket_core.h"

namespace belfry::socketio {

// An event that waits for packet middlewares, or behind one that does.
struct SocketCore::Delivery {
  std::string event;
  Args args;
  ReplyPtr reply;
  std::size_t asked = 0;            // how many middlewares have been asked
  bool waits = false;               // for the last of them
  bool stopped = false;             // by one of them: it is not delivered
  std::optional<Error> error = {};  // why
};

// A handler may add handlers to the list that it stands in: those are called from the next time on.
template <class List, class Call>
void each_of(const List& list, Call call) {
  for (std::size_t i = 0, count = list.size(); i < count; ++i) {
    const auto handler = list[i];
    call(handler);
  }
}

// An exception out of a handler is a defect: it is logged, answered, and costs nobody else anything.
template <class Call>
bool SocketCore::guarded(std::string_view what, const ReplyPtr& reply, Call call) {
  try {
    call();
    return true;
  } catch (const std::exception& error) {
    const std::string correlation = make_uuid7();
    hub_.log().error(
        "handler", "a handler failed",
        {{"handler", what}, {"socket", id_}, {"correlation", correlation}, {"what", error.what()}});
    if (reply != nullptr) reply->send(make_payload(Value{{"success", false}, {"error", "Internal error"}}));
    return false;
  }
}

}  // namespace belfry::socketio
