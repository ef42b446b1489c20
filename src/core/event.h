// What the services announce on the event bus once it has happened.
#pragma once

#include <memory>

namespace belfry {

/// The base of everything announced, e.g. `struct MessageStored : Event { Message message; };`. Immutable
/// once told, so any thread may read it. Where several nodes share a database, every node announces it.
struct Event {
  virtual ~Event() = default;
};

/// One that means nothing to other nodes, as it carries e.g. a socket. All others have a form
/// (`core/event_forms.h`).
struct LocalEvent : Event {};

using SharedEvent = std::shared_ptr<const Event>;

}  // namespace belfry
