// What an application has asked to be called for, on a namespace or on one socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "belfry/args.h"
#include "belfry/limits.h"
#include "belfry/payload.h"
#include "belfry/value.h"

namespace belfry::socketio {

class SocketCore;
using SocketPtr = std::shared_ptr<SocketCore>;

/// The acknowledgement that a client waits for. Shared by the copies of a handle; answered once. Belongs to
/// the socket's shard, but may be held anywhere.
struct PendingReply {
  std::weak_ptr<SocketCore> socket;
  std::uint64_t id = 0;
  bool sent = false;
  SocketPtr keep = nullptr;  // where the answer outlives the connection: the same socket

  /// On the socket's shard: sends it, unless that was done or the socket has gone.
  void send(const Payload& payload);
};
/// Null where the client did not ask.
using ReplyPtr = std::shared_ptr<PendingReply>;

/// Why a client is not let into a namespace: CONNECT_ERROR `{message, data?}`.
struct Refusal {
  std::string message;
  Value data;
};

using EventHandler = std::function<void(const SocketPtr&, const Args&, const ReplyPtr&)>;
using AnyHandler = std::function<void(const SocketPtr&, std::string_view event, const Args&)>;
using UnhandledHandler =
    std::function<void(const SocketPtr&, std::string_view event, const Args&, const ReplyPtr&)>;
using DisconnectHandler = std::function<void(const SocketPtr&, std::string_view reason)>;
using DrainHandler = std::function<void(const SocketPtr&)>;
using ConnectionHandler = std::function<void(const SocketPtr&)>;
/// `next` may be called on any thread, once: with nothing to go on.
using Middleware = std::function<void(const SocketPtr&, std::function<void(std::optional<Refusal>)> next)>;
using PacketMiddleware = std::function<void(const SocketPtr&, std::string_view event, const Args&,
                                            std::function<void(std::optional<Error>)> next)>;
using ErrorHandler = std::function<void(const SocketPtr&, std::string_view event, const Error&)>;

/// Lets a map of strings be searched by views.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

using EventRates = std::unordered_map<std::string, Rate, StringHash, std::equal_to<>>;

struct Handlers {
  std::unordered_map<std::string, std::vector<EventHandler>, StringHash, std::equal_to<>> events;
  std::vector<AnyHandler> any;
  UnhandledHandler unhandled;  // of events that have no handler
  std::vector<PacketMiddleware> packet_middlewares;
  std::vector<DisconnectHandler> disconnecting;  // its rooms are still its own
  std::vector<DisconnectHandler> disconnect;
  std::vector<DrainHandler> drain;  // what waited has fallen below half of the mark
  std::vector<ErrorHandler> error;  // a packet middleware has refused an event
};

/// A namespace as the application has defined it, or many by a pattern. Constant from the start of the server
/// on, and shared by the shards.
struct NamespaceDef {
  std::string name;                                                       // of a fixed namespace
  std::function<bool(std::string_view name, const Value& auth)> matches;  // of dynamic ones
  std::vector<Middleware> middlewares;
  std::vector<ConnectionHandler> connection;
  Handlers handlers;
  std::optional<RateLimits> limits;  // of each socket; none: those of the server
  EventRates event_rates;            // likewise
  std::unordered_map<std::string, std::function<void(const Args&, std::function<void(Payload)> answer)>>
      server_events;
};

/// All namespaces of a server, in order of definition.
struct Registry {
  std::vector<std::shared_ptr<NamespaceDef>> fixed;
  std::vector<std::shared_ptr<NamespaceDef>> dynamic;

  /// The namespace's definition, or null: nobody may go there.
  std::shared_ptr<const NamespaceDef> find(std::string_view name, const Value& auth) const;
};

}  // namespace belfry::socketio
