// A bare Engine.IO server: messages without namespaces, rooms or acknowledgements.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace belfry {

/// One Engine.IO connection. Given to handlers, good for the call, on its shard.
class EngineSocket {
 public:
  virtual ~EngineSocket() = default;
  virtual const std::string& id() const = 0;
  virtual void send(bool binary, std::string_view data) = 0;
  virtual void close() = 0;
};

/// Called for each message; `data` is good for the call.
using EngineHandler = std::function<void(EngineSocket&, bool binary, std::string_view data)>;

}  // namespace belfry
