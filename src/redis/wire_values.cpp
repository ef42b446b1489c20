#include "redis/wire_values.h"

#include <algorithm>

#include "core/json.h"
#include "socketio/msgpack.h"
#include "socketio/placeholders.h"

namespace belfry::redis {

namespace {

// An event, within its packet, within the message.
constexpr int kMaxDepth = kMaxJsonDepth + 4;
constexpr int kEvent = 2;
constexpr int kBinaryEvent = 5;

std::unexpected<Error> malformed(const char* what) {
  return fail(ErrorKind::malformed, what);
}

// Replaces binary data by what Buffer.prototype.toJSON makes of it.
void describe_binary(Value& value) {
  if (value.is_binary()) {
    const Binary bytes = value.get_binary();
    value = {{"type", "Buffer"}, {"data", bytes}};
  } else if (value.is_structured()) {
    for (Value& item : value) describe_binary(item);
  }
}

}  // namespace

Result<Value> read_message(std::string_view bytes) {
  if (bytes.starts_with('{')) return parse_json(bytes);
  Value value;
  if (!socketio::read_msgpack(bytes, kMaxDepth, value)) return malformed("neither JSON nor MessagePack");
  if (value.is_discarded()) return malformed("nothing");
  return value;
}

std::string write_json(Value value) {
  describe_binary(value);
  return value.dump(-1, ' ', false, Value::error_handler_t::replace);
}

const Value* member(const Value& map, const char* name) {
  if (!map.is_object()) return nullptr;
  const auto it = map.find(name);
  return it == map.end() ? nullptr : &*it;
}

std::string text_member(const Value& map, const char* name) {
  const Value* text = member(map, name);
  return text != nullptr && text->is_string() ? text->get<std::string>() : std::string();
}

// ---- which sockets, and how ----

Value write_target(const Target& target) {
  return {{"rooms", target.rooms}, {"except", target.except}};
}

Value write_target(const Target& target, const EmitFlags& flags) {
  Value options = write_target(target);
  Value& written = options["flags"] = Value::object();
  if (flags.is_volatile) written["volatile"] = true;
  if (!flags.compress) written["compress"] = false;
  if (!flags.key.empty()) written["key"] = flags.key;  // which Node.js servers ignore
  return options;
}

Result<std::vector<std::string>> read_names(const Value* names) {
  std::vector<std::string> read;
  if (names == nullptr || names->is_null()) return read;
  if (!names->is_array()) return malformed("names of rooms are no list");
  read.reserve(names->size());
  for (const Value& name : *names) {
    if (name.is_string()) {
      read.push_back(name.get<std::string>());
    } else if (name.is_number()) {
      read.push_back(name.dump());
    } else {
      return malformed("a room's name is no text");
    }
  }
  return read;
}

Result<Target> read_target(const Value* options) {
  if (options == nullptr || !options->is_object()) return malformed("no options");
  auto rooms = read_names(member(*options, "rooms"));
  if (!rooms) return std::unexpected(rooms.error());
  auto except = read_names(member(*options, "except"));
  if (!except) return std::unexpected(except.error());
  return Target{std::move(*rooms), std::move(*except)};
}

EmitFlags read_flags(const Value& options) {
  EmitFlags flags;
  const Value* written = member(options, "flags");
  if (written == nullptr || !written->is_object()) return flags;
  const auto is = [written](const char* name, bool wanted) {
    const Value* flag = member(*written, name);
    return flag != nullptr && flag->is_boolean() && flag->get<bool>() == wanted;
  };
  flags.is_volatile = is("volatile", true);
  flags.compress = !is("compress", false);
  flags.key = text_member(*written, "key");
  return flags;
}

std::chrono::milliseconds read_timeout(const Value& options, std::chrono::milliseconds otherwise) {
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(1);
  const Value* flags = member(options, "flags");
  const Value* timeout = flags == nullptr ? nullptr : member(*flags, "timeout");
  if (timeout == nullptr || !timeout->is_number_unsigned()) return otherwise;
  const auto most = static_cast<std::uint64_t>(kLongest.count());
  return std::chrono::milliseconds(std::min(timeout->get<std::uint64_t>(), most));
}

std::size_t read_count(const Value* number) {
  constexpr std::uint64_t kMost = 1u << 30;  // sockets of one server
  if (number == nullptr || !number->is_number_unsigned()) return 0;
  return static_cast<std::size_t>(std::min(number->get<std::uint64_t>(), kMost));
}

// ---- events ----

Result<Payload> read_event(Value* data) {
  if (data == nullptr || !data->is_array() || data->empty()) return malformed("no event");
  if (!data->front().is_string() && !data->front().is_number()) return malformed("no name of an event");
  Payload payload;
  PayloadWriter writer(payload);
  for (const Value& value : *data) writer.add(value);
  writer.finish();
  return payload;
}

Value write_packet(const Payload& payload, std::string_view nsp) {
  Value packet = {{"type", kEvent}, {"data", socketio::payload_value(payload)}};
  if (!nsp.empty()) packet["nsp"] = nsp;
  return packet;
}

Result<Payload> read_packet(Value* packet) {
  if (packet == nullptr || !packet->is_object()) return malformed("no packet");
  const Value* type = member(*packet, "type");
  if (type == nullptr || (*type != kEvent && *type != kBinaryEvent))
    return malformed("no packet of an event");
  const auto data = packet->find("data");
  return read_event(data == packet->end() ? nullptr : &*data);
}

Result<Broadcast> read_broadcast(Value& data) {
  const Value* options = member(data, "opts");
  auto target = read_target(options);
  if (!target) return std::unexpected(target.error());
  const auto packet = data.find("packet");
  Value* event = packet == data.end() ? nullptr : &*packet;
  auto payload = read_packet(event);
  if (!payload) return std::unexpected(payload.error());
  return Broadcast{std::move(*target), read_flags(*options), std::move(*payload),
                   data.contains("requestId") || event->contains("id")};
}

Value first_value(const Payload& answer) {
  Value values = socketio::payload_value(answer);
  return values.is_array() && !values.empty() ? std::move(values.front()) : Value();
}

}  // namespace belfry::redis
