// The messages of the adapters of `socket.io-adapter` that form a cluster: sharded and streams.
#pragma once

#include "redis/wire.h"

namespace belfry::redis {

enum class MessageType : std::uint8_t {
  initial_heartbeat = 1,
  heartbeat = 2,
  broadcast = 3,
  join = 4,
  leave = 5,
  disconnect = 6,
  fetch_sockets = 7,
  fetch_sockets_response = 8,
  server_event = 9,
  server_event_response = 10,
  client_count = 11,
  acknowledgement = 12,
  adapter_close = 13,
  none = 255,  // there is no such type
};

/// Of a message; `none` where it has none that is known.
MessageType type_of(const Value& message);

/// A message is `{uid, nsp, type, data}`, whatever it is written as and wherever it goes, which a wire that
/// inherits from this one decides.
class MessageWire : public Wire {
 public:
  explicit MessageWire(WireContext context) : Wire(std::move(context)), uid_(make_server_uid()) {}

  void broadcast(const std::string& nsp, const Payload& payload, const Target& target,
                 const EmitFlags& flags) override;
  void ask_clients(const std::string& nsp, const Payload& payload, const Target& target,
                   const EmitFlags& flags, std::chrono::milliseconds timeout, const std::string& id) override;
  void ask_sockets(const std::string& nsp, const Target& target, const std::string& id) override;
  void change_rooms(const std::string& nsp, const Target& target, const std::vector<std::string>& rooms,
                    bool join) override;
  void disconnect(const std::string& nsp, const Target& target, bool close) override;
  void server_event(const std::string& nsp, const Payload& payload, const std::string& id) override;
  void on_published(const std::string& nsp, const Published& published, Places& places) override;

 protected:
  const std::string& uid() const { return uid_; }
  /// A message of this server.
  Value message(const std::string& nsp, MessageType type, Value data) const;
  virtual void send(const std::string& nsp, MessageType type, Value data) = 0;
  /// To one server.
  virtual void respond(const std::string& nsp, const std::string& to, MessageType type, Value data) = 0;

  /// Where a message stands. `own`: this server's, which is still to be done here. `entry`: in the log that
  /// sessions are recovered from; 0: nowhere.
  struct Place {
    bool own = false;
    std::uint64_t entry = 0;
  };
  /// Does what a message says; of one of its own that is not marked, nothing. Fails where it is none.
  Result<void> on_message(const std::string& nsp, Value message, Place place);
  /// The same for one whose parts are known.
  Result<void> do_message(const std::string& nsp, MessageType type, const std::string& from, Value& data,
                          Place place);
  /// Counts what was none.
  void report(const Result<void>& done) const;

 private:
  Result<void> do_broadcast(const std::string& nsp, const std::string& from, Value& data, Place place);
  Result<void> change(const std::string& nsp, MessageType type, const Value& data);
  Result<void> list_sockets(const std::string& nsp, const std::string& from, const Value& data);
  void do_server_event(const std::string& nsp, const std::string& from, const Value& data);
  Result<void> on_response(MessageType type, const std::string& from, const Value& data);

  const std::string uid_;
};

}  // namespace belfry::redis
