#include "redis/stream_entry.h"

#include <charconv>

#include "core/base64.h"
#include "core/json.h"
#include "redis/wire_values.h"
#include "socketio/msgpack.h"
#include "socketio/recovery/entry_id.h"

namespace belfry::redis {

namespace {

Result<Value> read_data(std::string_view text) {
  if (text.starts_with('{')) return read_message(text);
  std::string bytes;
  if (!decode_base64(text, bytes)) return fail(ErrorKind::malformed, "an entry is neither JSON nor base64");
  return read_message(bytes);
}

}  // namespace

Result<StreamEntry> read_entry(const Reply& entry, std::size_t max_bytes) {
  if (entry.items.size() != 2) return fail(ErrorKind::malformed, "no entry");
  StreamEntry read;
  read.id = socketio::parse_entry_id(entry.items[0].text).value_or(0);
  read.message = Value::object();
  const auto& fields = entry.items[1].items;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::string& name = fields[i].text;
    const std::string& text = fields[i + 1].text;
    if (text.size() > max_bytes) return fail(ErrorKind::too_large, "an entry is too large");
    if (name == "uid") read.message["uid"] = text;
    if (name == "nsp") read.message["nsp"] = read.nsp = text;
    if (name == "own") read.own = text;
    unsigned type = 0;
    if (name == "type" && std::from_chars(text.data(), text.data() + text.size(), type).ec == std::errc()) {
      read.message["type"] = type;
    }
    if (name != "data") continue;
    auto data = read_data(text);
    if (!data) return std::unexpected(data.error());
    read.message["data"] = std::move(*data);
  }
  return read;
}

std::string write_entry_data(Value data) {
  if (!has_binary(data)) return write_json(std::move(data));
  std::string text;
  append_base64(text, socketio::write_msgpack(data));
  return text;
}

}  // namespace belfry::redis
