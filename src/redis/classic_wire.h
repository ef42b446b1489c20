// The wire of `@socket.io/redis-adapter` 8 and `@socket.io/redis-emitter` 5.
#pragma once

#include "redis/wire.h"

namespace belfry::redis {

/// Broadcasts are MessagePack arrays `[uid, packet, options]` on a pattern of channels a namespace, all else
/// requests and responses on two channels (docs/scaling.md).
class ClassicWire : public Wire {
 public:
  explicit ClassicWire(WireContext context)
      : Wire(std::move(context)), uid_(make_server_uid().substr(0, 6)) {}

  std::vector<ChannelName> channels(const std::string& nsp) const override;
  std::vector<ChannelName> room_channels(const std::string&, const std::string&) const override { return {}; }
  ChannelName counted_channel(const std::string& nsp) const override { return request_channel(nsp); }
  void on_published(const std::string& nsp, const Published& published, Places& places) override;

  void broadcast(const std::string& nsp, const Payload& payload, const Target& target,
                 const EmitFlags& flags) override;
  void ask_clients(const std::string& nsp, const Payload& payload, const Target& target,
                   const EmitFlags& flags, std::chrono::milliseconds timeout, const std::string& id) override;
  void ask_sockets(const std::string& nsp, const Target& target, const std::string& id) override;
  void change_rooms(const std::string& nsp, const Target& target, const std::vector<std::string>& rooms,
                    bool join) override;
  void disconnect(const std::string& nsp, const Target& target, bool close) override;
  void server_event(const std::string& nsp, const Payload& payload, const std::string& id) override;

 private:
  std::string broadcast_prefix(const std::string& nsp) const {
    return context_.options.key + "#" + nsp + "#";
  }
  ChannelName request_channel(const std::string& nsp) const;
  ChannelName response_channel(const std::string& nsp) const;
  ChannelName response_channel(const std::string& nsp, const std::string& uid) const;
  // Where an answer to that request goes.
  ChannelName reply_channel(const std::string& nsp, const Value& request) const;

  // What has come. All return why it is no message of the wire.
  Result<void> on_broadcast(const std::string& nsp, const Published& published, Places& places);
  Result<void> on_request(const std::string& nsp, Value request);
  Result<void> on_response(Value response);

  Result<void> change(const std::string& nsp, const Value& request);
  void list_ids(const std::string& nsp, const Value& request, const Target& target);
  void list_rooms(const std::string& nsp, const Value& request);
  void list_sockets(const std::string& nsp, const Value& request, const Target& target);
  Result<void> ask_here(const std::string& nsp, Value& request);
  void on_server_event(const std::string& nsp, const Value& request);

  const std::string uid_;
};

}  // namespace belfry::redis
