// The wire of `@socket.io/redis-streams-adapter` 0.3 and `@socket.io/redis-streams-emitter`.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redis/message_wire.h"

namespace belfry::redis {

/// Reads a stream from where it ends, entry after entry, for as long as it lives. Its client is its own, as
/// reading blocks a connection. After an outage it goes on where it was.
class StreamReader {
 public:
  /// On the client's thread: an entry's names and values, one after the other.
  using OnEntry = std::function<void(const std::vector<Reply>& fields)>;

  StreamReader(std::shared_ptr<Client> client, runtime::Shards& shards, std::string stream,
               std::chrono::milliseconds block, OnEntry on_entry);
  ~StreamReader();
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

 private:
  void find_end();
  void read();
  void on_read(const Result<Reply>& reply);
  // After a failure.
  void later(void (StreamReader::*next)());

  const std::shared_ptr<Client> client_;
  runtime::Shards& shards_;
  const std::string stream_;
  const std::string block_ms_;
  const OnEntry on_entry_;
  std::string last_id_;  // one call at a time has it
};

/// What another server is to hear for sure, or later, is an entry of a stream; what is of the moment
/// (questions and their answers, events of servers) is published.
class StreamsWire : public MessageWire {
 public:
  /// One reader a stream is made with clients of `make_reader_client`.
  StreamsWire(WireContext context, RedisStreamsOptions streams,
              const std::function<std::shared_ptr<Client>()>& make_reader_client);

  std::vector<ChannelName> channels(const std::string& nsp) const override;
  std::vector<ChannelName> room_channels(const std::string&, const std::string&) const override { return {}; }
  ChannelName counted_channel(const std::string& nsp) const override;
  void on_published(const std::string& nsp, const Published& published, Places& places) override;

 private:
  void send(const std::string& nsp, MessageType type, Value data) override;
  void respond(const std::string& nsp, const std::string& to, MessageType type, Value data) override;
  std::string stream_of(std::string_view nsp) const;
  void on_entry(const std::vector<Reply>& fields);

  const RedisStreamsOptions streams_;
  std::vector<std::unique_ptr<StreamReader>> readers_;  // last: they end before the rest
};

}  // namespace belfry::redis
