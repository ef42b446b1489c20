#include "socketio/msgpack_decoder.h"

#include "socketio/json_scanner.h"
#include "socketio/msgpack.h"

namespace belfry::socketio {

namespace {

// As deep as with JSON, in the map that is the packet.
constexpr int kMaxDepth = JsonScanner::kMaxDepth + 1;

// The member of that name, or null.
Value* member(Value& map, const char* name) {
  const auto it = map.find(name);
  return it == map.end() ? nullptr : &*it;
}

bool read_type(const Value* type, PacketType& out) {
  if (type == nullptr || !type->is_number_unsigned() || type->get<std::uint64_t>() > 4) return false;
  out = static_cast<PacketType>('0' + type->get<int>());
  return true;
}

bool read_id(const Value* id, std::optional<std::uint64_t>& out) {
  if (id == nullptr) return true;
  if (!id->is_number_unsigned() || id->get<std::uint64_t>() > kMaxAckId) return false;
  out = id->get<std::uint64_t>();
  return true;
}

}  // namespace

bool MsgpackDecoder::read(std::string_view bytes, Packet& out) {
  Value packet;
  if (!read_msgpack(bytes, kMaxDepth, packet) || !packet.is_object()) return false;
  const Value* nsp = member(packet, "nsp");
  if (nsp == nullptr || !nsp->is_string()) return false;
  out.nsp = nsp_ = nsp->get_ref<const std::string&>();
  return read_type(member(packet, "type"), out.type) && read_id(member(packet, "id"), out.id) &&
         read_data(member(packet, "data"), out);
}

bool MsgpackDecoder::read_data(Value* data, Packet& out) {
  switch (out.type) {
    case PacketType::connect:
      out.auth = data == nullptr || data->is_null() ? Value::object() : std::move(*data);
      return out.auth.is_object() && !out.id;
    case PacketType::disconnect:
      return data == nullptr;
    case PacketType::event:
    case PacketType::ack:
      return read_args(data, out);
    default:
      return false;  // only a server sends it
  }
}

bool MsgpackDecoder::read_args(Value* data, Packet& out) {
  if (data == nullptr || !data->is_array()) return false;
  auto& values = ArgsBuffer::values(args_);
  values = std::move(data->get_ref<Value::array_t&>());
  out.args = &args_;
  if (out.type == PacketType::ack) return true;
  if (values.empty() || !(values.front().is_string() || values.front().is_number())) return false;
  event_ = values.front().is_string() ? values.front().get<std::string>() : values.front().dump();
  values.erase(values.begin());
  out.event = event_;
  return !is_reserved_event(event_);
}

}  // namespace belfry::socketio
