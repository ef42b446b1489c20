// Events that clients send: read into structs, and always answered.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/common/answers.h"
#include "apps/common/mounts.h"
#include "belfry/describe.h"

namespace belfry::apps {

/// What an event takes: its reference is checked against it.
struct EventShape {
  std::string event;
  std::vector<std::string> fields;  ///< of its payload
};

/// The events of an app, on all its namespaces. Filled before the server listens. Handlers run on the shard
/// of their socket.
class Events {
 public:
  Events(const Mounts& mounts, Log& log, ErrorStyle style = ErrorStyle::answer_or_event)
      : mounts_(mounts), log_(log), style_(style) {
    Failures& failures = failures_["unknown"];
    for (const Namespace& nsp : mounts_.all()) {
      nsp.on_unhandled(
          [&failures, style](Socket& socket, std::string_view event, const Args&, const Ack& ack) {
            failures[static_cast<std::size_t>(ErrorKind::not_found)].add(1);
            tell_error(socket, event, {ErrorKind::not_found, "Unknown event"}, ack, style);
          });
    }
  }

  /// `on<T>("event", [](const Request&, const T&) {…})`: a payload of another shape is refused with the field
  /// that is wrong. `event` is a literal.
  template <class T, class Handler>
  void on(std::string_view event, Handler handler) {
    add(event, field_names<T>(), [handler = std::move(handler)](const Request& request, const Args& args) {
      const auto input = args.get<T>();
      if (!input) return request.refuse(input.error());
      handler(request, *input);
    });
  }
  /// An event without a payload; one that comes all the same is not looked at.
  void on(std::string_view event, std::function<void(const Request&)> handler) {
    add(event, {}, [handler = std::move(handler)](const Request& request, const Args&) { handler(request); });
  }

  const std::vector<EventShape>& shapes() const { return shapes_; }
  /// How often each event failed.
  void add_failures(AppStats& stats) const {
    for (const auto& [event, counts] : failures_) {
      for (std::size_t kind = 0; kind < counts.size(); ++kind) {
        const auto count = counts[kind].get();
        if (count > 0) stats.failures[{event, std::string(name_of(static_cast<ErrorKind>(kind)))}] += count;
      }
    }
  }

 private:
  using Handler = std::function<void(const Request&, const Args&)>;

  template <class T>
  static std::vector<std::string> field_names() {
    return std::apply(
        [](const auto&... field) { return std::vector<std::string>{std::string(field.name)...}; },
        describe(Type<T>{}));
  }
  void add(std::string_view event, std::vector<std::string> fields, const Handler& handler) {
    shapes_.push_back({std::string(event), std::move(fields)});
    Failures& failures = failures_[std::string(event)];
    for (const Namespace& nsp : mounts_.all()) {
      nsp.on(std::string(event), [this, event, handler, &failures](Socket& socket, const Args& args,
                                                                   const Ack& ack) {
        const auto guard = ack.wanted() ? std::make_shared<AnswerGuard>(socket, event, ack, log_) : nullptr;
        handler(Request{socket, event, ack, log_, failures, guard, style_}, args);
      });
    }
  }

  const Mounts& mounts_;
  Log& log_;
  const ErrorStyle style_;
  std::vector<EventShape> shapes_;
  std::map<std::string, Failures> failures_;  // constant but for the counters, once the server listens
};

}  // namespace belfry::apps
