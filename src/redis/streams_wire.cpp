#include "redis/streams_wire.h"

#include <charconv>
#include <cstdlib>

#include "core/base64.h"
#include "core/json.h"
#include "redis/wire_values.h"
#include "socketio/msgpack.h"

namespace belfry::redis {

// ---- reading ----

StreamReader::StreamReader(std::shared_ptr<Client> client, runtime::Shards& shards, std::string stream,
                           std::chrono::milliseconds block, OnEntry on_entry)
    : client_(std::move(client)),
      shards_(shards),
      stream_(std::move(stream)),
      block_ms_(std::to_string(block.count())),
      on_entry_(std::move(on_entry)) {
  find_end();
}

StreamReader::~StreamReader() {
  client_->stop();
}

void StreamReader::later(void (StreamReader::*next)()) {
  static constexpr std::chrono::milliseconds kPause{200};
  shards_.post_to(0,
                  [this, next] { shards_.at(0).after(kPause, [this, next] { (this->*next)(); }).detach(); });
}

void StreamReader::find_end() {
  client_->send({"XREVRANGE", stream_, "+", "-", "COUNT", "1"}, [this](const Result<Reply>& reply) {
    if (!reply || reply->kind != Reply::Kind::array) return later(&StreamReader::find_end);
    const bool is_empty = reply->items.empty() || reply->items.front().items.empty();
    last_id_ = is_empty ? "0-0" : reply->items.front().items.front().text;
    read();
  });
}

void StreamReader::read() {
  client_->send({"XREAD", "BLOCK", block_ms_, "COUNT", "100", "STREAMS", stream_, last_id_},
                [this](const Result<Reply>& reply) { on_read(reply); });
}

// `[[stream, [[id, [name, value, …]], …]]]`, or nil where nothing came.
void StreamReader::on_read(const Result<Reply>& reply) {
  if (!reply) return later(&StreamReader::read);
  if (!reply->items.empty() && reply->items.front().items.size() == 2) {
    for (const Reply& entry : reply->items.front().items[1].items) {
      if (entry.items.size() != 2) continue;
      last_id_ = entry.items[0].text;
      on_entry_(entry.items[1].items);
    }
  }
  read();
}

// ---- the wire ----

namespace {

ChannelName channel_of(const RedisStreamsOptions& streams, std::string name) {
  return {streams.sharded ? Listen::shard : Listen::channel, std::move(name)};
}

bool is_of_the_moment(MessageType type, const Value& data) {
  return type == MessageType::server_event || type == MessageType::fetch_sockets ||
         (type == MessageType::broadcast && data.contains("requestId"));
}

std::string encode(Value data) {
  if (!has_binary(data)) return write_json(std::move(data));
  std::string text;
  append_base64(text, socketio::write_msgpack(data));
  return text;
}

Result<Value> decode(std::string_view text) {
  if (text.starts_with('{')) return read_message(text);
  std::string bytes;
  if (!decode_base64(text, bytes)) return fail(ErrorKind::malformed, "an entry is neither JSON nor base64");
  return read_message(bytes);
}

}  // namespace

StreamsWire::StreamsWire(WireContext context, RedisStreamsOptions streams,
                         const std::function<std::shared_ptr<Client>()>& make_reader_client)
    : MessageWire(std::move(context)), streams_(std::move(streams)) {
  for (unsigned i = 0; i < streams_.stream_count; ++i) {
    const std::string name =
        streams_.stream_count == 1 ? streams_.stream_name : streams_.stream_name + "-" + std::to_string(i);
    readers_.push_back(
        std::make_unique<StreamReader>(make_reader_client(), context_.shards, name, streams_.block,
                                       [this](const std::vector<Reply>& fields) { on_entry(fields); }));
  }
}

std::vector<ChannelName> StreamsWire::channels(const std::string& nsp) const {
  const ChannelName all = counted_channel(nsp);
  return {{all.how, all.name + uid() + "#"}, all};
}

ChannelName StreamsWire::counted_channel(const std::string& nsp) const {
  return channel_of(streams_, context_.options.key + "#" + nsp + "#");
}

// All streams are read by all, so which it is matters for the order within a namespace only.
std::string StreamsWire::stream_of(std::string_view nsp) const {
  if (streams_.stream_count == 1) return streams_.stream_name;
  std::uint32_t hash = 0;
  for (const char c : nsp) hash = hash * 31 + static_cast<unsigned char>(c);
  // As a signed number, of which Node.js takes the remainder; its negative ones name streams that nobody
  // reads.
  const auto remainder = static_cast<std::int32_t>(hash) % static_cast<std::int32_t>(streams_.stream_count);
  return streams_.stream_name + "-" + std::to_string(std::abs(remainder));
}

void StreamsWire::send(const std::string& nsp, MessageType type, Value data) {
  if (is_of_the_moment(type, data)) {
    return publish(counted_channel(nsp), socketio::write_msgpack(message(nsp, type, std::move(data))));
  }
  Command command = {"XADD", stream_of(nsp), "MAXLEN", "~", std::to_string(streams_.max_length), "*"};
  const auto number = std::to_string(static_cast<int>(type));
  for (const std::string& text : {std::string("uid"), uid(), std::string("nsp"), nsp, std::string("type"),
                                  number, std::string("data"), encode(std::move(data))}) {
    command.push_back(text);
  }
  context_.client.send(std::move(command), [this](const Result<Reply>& reply) {
    if (!reply) context_.tallies.add(Tallied::unsent, reply.error().message);
  });
}

void StreamsWire::respond(const std::string& nsp, const std::string& to, MessageType type, Value data) {
  publish(channel_of(streams_, context_.options.key + "#" + nsp + "#" + to + "#"),
          socketio::write_msgpack(message(nsp, type, std::move(data))));
}

void StreamsWire::on_published(const std::string& nsp, const Published& published, Places&) {
  auto message = read_message(published.payload);
  const Result<void> done =
      message ? on_message(nsp, std::move(*message)) : Result<void>(std::unexpected(message.error()));
  if (!done) context_.tallies.add(Tallied::malformed, done.error().message);
}

void StreamsWire::on_entry(const std::vector<Reply>& fields) {
  Value message = Value::object();
  Result<void> done;
  std::string nsp;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto& [name, text] =
        std::pair<const std::string&, const std::string&>(fields[i].text, fields[i + 1].text);
    if (text.size() > context_.options.max_message_bytes)
      done = fail(ErrorKind::too_large, "an entry is too large");
    if (name == "uid") message["uid"] = text;
    if (name == "nsp") message["nsp"] = nsp = text;
    unsigned type = 0;
    if (name == "type" && std::from_chars(text.data(), text.data() + text.size(), type).ec == std::errc()) {
      message["type"] = type;
    }
    if (name != "data" || !done) continue;
    auto data = decode(text);
    if (data) {
      message["data"] = std::move(*data);
    } else {
      done = std::unexpected(data.error());
    }
  }
  if (done) done = on_message(nsp, std::move(message));
  if (!done) context_.tallies.add(Tallied::malformed, done.error().message);
}

}  // namespace belfry::redis
