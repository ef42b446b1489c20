#include "redis/streams_wire.h"

#include <charconv>
#include <cstdlib>

#include "redis/stream_entry.h"
#include "redis/wire_values.h"
#include "socketio/msgpack.h"

namespace belfry::redis {

// ---- what it has written ----

std::string OwnEntries::add() {
  return std::to_string(waiting_.with([this](auto& waiting) {
    if (waiting.size() == max_waiting_) waiting.erase(waiting.begin());
    waiting.insert(next_);
    return next_++;
  }));
}

bool OwnEntries::take(std::string_view own) {
  std::uint64_t number = 0;
  if (std::from_chars(own.data(), own.data() + own.size(), number).ec != std::errc()) return false;
  return waiting_.with([number](auto& waiting) { return waiting.erase(number) == 1; });
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

// Nobody gets a volatile event later, so it does not go the way round either.
bool is_volatile(MessageType type, const Value& data) {
  return type == MessageType::broadcast && read_flags(data.at("opts")).is_volatile;
}

}  // namespace

StreamsWire::StreamsWire(WireContext context, RedisStreamsOptions streams,
                         const std::function<std::shared_ptr<Client>()>& make_reader_client)
    : MessageWire(std::move(context)), streams_(std::move(streams)), own_(2 * streams_.max_length + 2) {
  if (streams_.shared_sessions && context_.session_time) {
    sessions_.emplace(context_, streams_.session_key_prefix,
                      [this](const std::string& nsp) -> const StreamReader& { return reader_of(nsp); });
  }
  for (unsigned i = 0; i < streams_.stream_count; ++i) {
    const std::string name =
        streams_.stream_count == 1 ? streams_.stream_name : streams_.stream_name + "-" + std::to_string(i);
    readers_.push_back(std::make_unique<StreamReader>(make_reader_client(), context_.shards, name,
                                                      streams_.block,
                                                      [this](const Reply& entry) { on_entry(entry); }));
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
const StreamReader& StreamsWire::reader_of(std::string_view nsp) const {
  std::uint32_t hash = 0;
  for (const char c : nsp) hash = hash * 31 + static_cast<unsigned char>(c);
  // As a signed number, of which Node.js takes the remainder; its negative ones name streams that nobody
  // reads.
  const auto remainder = static_cast<std::int32_t>(hash) % static_cast<std::int32_t>(streams_.stream_count);
  return *readers_[static_cast<std::size_t>(std::abs(remainder))];
}

void StreamsWire::send(const std::string& nsp, MessageType type, Value data) {
  if (is_of_the_moment(type, data)) {
    return publish(counted_channel(nsp), socketio::write_msgpack(message(nsp, type, std::move(data))));
  }
  if (!sessions_ || is_volatile(type, data)) return write(nsp, type, std::move(data), false);
  const bool comes_back = context_.up.get() && reader_of(nsp).is_reading();
  if (!comes_back) do_here(nsp, type, data);
  write(nsp, type, std::move(data), comes_back);
}

void StreamsWire::write(const std::string& nsp, MessageType type, Value data, bool comes_back) {
  Command command = {"XADD", reader_of(nsp).stream(), "MAXLEN", "~", std::to_string(streams_.max_length),
                     "*"};
  std::string text = write_entry_data(data);
  if (comes_back && text.size() > context_.options.max_message_bytes) {
    do_here(nsp, type, data);  // nobody reads it
    comes_back = false;
  }
  for (std::string field : {std::string("uid"), uid(), std::string("nsp"), nsp, std::string("type"),
                            std::to_string(static_cast<int>(type)), std::string("data"), std::move(text)}) {
    command.push_back(std::move(field));
  }
  std::string own = comes_back ? own_.add() : std::string();
  if (comes_back) command.insert(command.end(), {"own", own});
  if (!comes_back) data = nullptr;
  context_.client.send(std::move(command), [this, nsp, type, own = std::move(own),
                                            data = std::move(data)](const Result<Reply>& reply) {
    if (reply) return;
    context_.tallies.add(Tallied::unsent, reply.error().message);
    // It may have been written nevertheless, and read.
    if (!own.empty() && own_.take(own)) do_here(nsp, type, data);
  });
}

void StreamsWire::do_here(const std::string& nsp, MessageType type, Value data) {
  report(do_message(nsp, type, uid(), data, {.own = true}));
}

void StreamsWire::respond(const std::string& nsp, const std::string& to, MessageType type, Value data) {
  publish(channel_of(streams_, context_.options.key + "#" + nsp + "#" + to + "#"),
          socketio::write_msgpack(message(nsp, type, std::move(data))));
}

void StreamsWire::on_entry(const Reply& reply) {
  auto entry = read_entry(reply, context_.options.max_message_bytes);
  if (!entry) return report(std::unexpected(entry.error()));
  Place place;
  if (sessions_) {
    place.own = text_member(entry->message, "uid") == uid() && own_.take(entry->own);
    place.entry = entry->id;
  }
  report(on_message(entry->nsp, std::move(entry->message), place));
}

}  // namespace belfry::redis
