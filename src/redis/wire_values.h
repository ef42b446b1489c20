// What servers tell each other over Redis, as values: the forms that Node.js servers write and read.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/adapter.h"
#include "belfry/payload.h"
#include "belfry/result.h"
#include "belfry/value.h"

namespace belfry::redis {

// Functions of values; any thread. What is read comes from whoever may publish: all of them fail with
// `malformed` where it is not what it should be.

/// A message: JSON where it begins with `{`, else MessagePack.
Result<Value> read_message(std::string_view bytes);
/// JSON as JSON.stringify writes it on Node.js: binary data becomes `{"type":"Buffer","data":[…]}`.
std::string write_json(Value value);

/// The member of that name, or null where there is none or `map` is no object.
const Value* member(const Value& map, const char* name);
/// The same for text; empty where there is none.
std::string text_member(const Value& map, const char* name);

/// `{rooms, except}`, with `flags` where there are any.
Value write_target(const Target& target);
Value write_target(const Target& target, const EmitFlags& flags);
Result<Target> read_target(const Value* options);
EmitFlags read_flags(const Value& options);
/// How long clients have for an acknowledgement; an hour at most.
std::chrono::milliseconds read_timeout(const Value& options, std::chrono::milliseconds otherwise);
/// A number of things; 0 where it is none.
std::size_t read_count(const Value* number);
/// Names of rooms; numbers, which Node.js has, too, become text.
Result<std::vector<std::string>> read_names(const Value* names);

/// `[event, …arguments]`.
Result<Payload> read_event(Value* data);
/// An event as a packet: `{type: 2, data}`, with `nsp` where it is not empty.
Value write_packet(const Payload& payload, std::string_view nsp);
/// The event of such a packet, whatever its namespace.
Result<Payload> read_packet(Value* packet);
/// An event for sockets.
struct Broadcast {
  Target target;
  EmitFlags flags;
  Payload payload;
  bool asks = false;  ///< for acknowledgements

  /// Whether it has an offset where it is an entry: who was away gets it later.
  bool has_offset() const { return !asks && !flags.is_volatile; }
};
/// `{opts, packet, requestId?}`.
Result<Broadcast> read_broadcast(Value& data);
/// The first of some arguments, which is all that an answer has; null where there is none.
Value first_value(const Payload& answer);

Value write_socket(const RemoteSocket& socket);
Value write_sockets(const std::vector<RemoteSocket>& sockets);
Result<std::vector<RemoteSocket>> read_sockets(const Value* sockets);

}  // namespace belfry::redis
