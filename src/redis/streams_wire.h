// The wire of `@socket.io/redis-streams-adapter` 0.3 and `@socket.io/redis-streams-emitter`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "redis/message_wire.h"
#include "redis/stream_reader.h"
#include "redis/stream_sessions.h"
#include "runtime/guarded.h"

namespace belfry::redis {

/// Entries that this server has written and waits for. Any thread. Bounded: the oldest are given up.
class OwnEntries {
 public:
  explicit OwnEntries(std::size_t max_waiting) : max_waiting_(max_waiting) {}
  /// A new one: what it says of itself.
  std::string add();
  /// True for the first who asks: it is for them to do it.
  bool take(std::string_view own);

 private:
  const std::size_t max_waiting_;
  runtime::Guarded<std::set<std::uint64_t>> waiting_;
  std::uint64_t next_ = 1;  // guarded as they are
};

/// What another server is to hear for sure, or later, is an entry of a stream; what is of the moment
/// (questions and their answers, events of servers) is published.
///
/// With shared sessions, what this server writes it does itself as well when it reads it, so that all of a
/// namespace is in the order of its stream, or at once where that cannot be.
class StreamsWire : public MessageWire {
 public:
  /// One reader a stream is made with clients of `make_reader_client`.
  StreamsWire(WireContext context, RedisStreamsOptions streams,
              const std::function<std::shared_ptr<Client>()>& make_reader_client);

  std::vector<ChannelName> channels(const std::string& nsp) const override;
  std::vector<ChannelName> room_channels(const std::string&, const std::string&) const override { return {}; }
  ChannelName counted_channel(const std::string& nsp) const override;
  socketio::SharedSessions* sessions() override { return sessions_ ? &*sessions_ : nullptr; }

 private:
  void send(const std::string& nsp, MessageType type, Value data) override;
  void respond(const std::string& nsp, const std::string& to, MessageType type, Value data) override;
  void write(const std::string& nsp, MessageType type, Value data, bool comes_back);
  const StreamReader& reader_of(std::string_view nsp) const;
  void on_entry(const Reply& entry);
  void do_here(const std::string& nsp, MessageType type, Value data);

  const RedisStreamsOptions streams_;
  std::optional<StreamSessions> sessions_;
  OwnEntries own_;
  std::vector<std::unique_ptr<StreamReader>> readers_;  // last: they end before the rest
};

}  // namespace belfry::redis
