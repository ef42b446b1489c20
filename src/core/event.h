// What the services announce on the event bus once it has happened.
#pragma once

#include <memory>

namespace belfry {

/// The base of everything announced, e.g. `struct MessageStored : Event { Message message; };`. Immutable
/// once told, so any thread may read it; whoever listens asks with `dynamic_cast` or
/// `std::dynamic_pointer_cast` what it is.
struct Event {
  virtual ~Event() = default;
};

using SharedEvent = std::shared_ptr<const Event>;

}  // namespace belfry
