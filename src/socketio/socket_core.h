// One client in one namespace.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "belfry/adapter.h"
#include "engineio/session.h"
#include "runtime/flag.h"
#include "runtime/timer_queue.h"
#include "socketio/handlers.h"
#include "socketio/packet.h"
#include "socketio/recovery/session.h"
#include "socketio/socket_meter.h"

namespace belfry::socketio {

class Client;
class Encoder;
class Hub;
class LocalNamespace;
struct Room;

/// Lives on the shard of its connection; only `id`, `nsp_name`, `hub` and `connected` may be asked elsewhere.
/// Held by its namespace while connected, and by whoever has a handle to it.
class SocketCore : public std::enable_shared_from_this<SocketCore> {
 public:
  /// Its own id, and the private one of its session, which is empty where that cannot be recovered.
  struct Ids {
    std::string id;
    std::string pid;
  };
  SocketCore(Hub& hub, Client& client, LocalNamespace& nsp, Value auth, Ids ids);
  ~SocketCore();

  const std::string& id() const { return id_; }
  const std::string& nsp_name() const { return *nsp_name_; }
  Hub& hub() const { return hub_; }
  bool connected() const { return connected_.get(); }

  /// What its packets are written with. Any thread.
  const Encoder& encoder() const;

  // The rest on its shard only.

  Value& data() { return data_; }
  HandshakeInfo handshake() const;
  const Value& auth() const { return auth_; }
  std::vector<std::string> rooms() const;
  RemoteSocket describe() const;
  /// Handlers of this socket alone; null where it has gone and will hear nothing more.
  Handlers* own_handlers();

  void send(const MessageRef& message, bool is_volatile);
  void emit(const Payload& payload, const EmitFlags& flags);
  /// The same without a way round: what is of this connection alone.
  void emit_here(const Payload& payload, const EmitFlags& flags);
  void emit_with_ack(const Payload& payload, const EmitFlags& flags, std::chrono::milliseconds timeout,
                     std::function<void(AckResult)> done);
  /// Waits for an acknowledgement of `id`, which is about to be sent. False: it is not to be asked, as it
  /// owes too many already; `done` has been called.
  bool expect_ack(std::uint64_t id, std::chrono::milliseconds timeout, std::function<void(AckResult)> done);
  /// False: it is not in the room, because it has gone or has met a bound.
  bool join(std::string room);
  void limit_with(std::shared_ptr<SharedLimit> limit);
  void leave(std::string_view room);
  /// Leaves the namespace, with a DISCONNECT packet; `close` ends the whole connection.
  void disconnect(bool close);
  /// Ends the connection without a word.
  void drop();
  /// What waits for its connection.
  std::size_t buffered_bytes() const;

  // For its client.

  void on_event(const Packet& packet, std::size_t size);
  void on_ack(std::uint64_t id, const Args& args);
  /// It is in its namespace. `missed`: what it is sent at once, where it goes on with a session.
  void on_connected(const std::vector<SharedMessage>& missed);
  /// Answers an event of its client's, over whichever connection that has now.
  void answer(std::uint64_t id, const Payload& payload);
  void on_drain();
  /// A middleware has refused it, or its client has gone before it was admitted: it is in no room any more.
  void on_turned_away();
  /// It is no longer in its namespace. Tells the handlers, once. `may_come_back`: its session can be
  /// recovered.
  void on_closed(std::string_view reason, bool may_come_back = false);

  // For connection state recovery.

  /// Null where its session ends with its connection.
  RecoverableSession* recoverable() const { return recoverable_.get(); }
  bool has_pid(std::string_view pid) const { return recoverable_ != nullptr && recoverable_->pid() == pid; }
  /// Whether its client went on with a session.
  bool recovered() const { return recovered_; }
  /// Before it is admitted: its client goes on with a session that had this data.
  void begin_recovery(Value data) {
    recovered_ = true;
    data_ = std::move(data);
  }
  /// It goes on with no session: it has one of its own from now on, and an id of before.
  void begin_anew();
  /// In rooms without a connection: its client may come back, or is about to.
  bool may_come_back() const { return may_come_back_; }
  void set_may_come_back(bool may) { may_come_back_ = may; }
  /// Ends its connection, because its client has another.
  void fence();
  /// Its client has gone while it was being recovered.
  void on_client_gone();
  /// Its session lives on elsewhere: answers that are still to come go there.
  void on_handed_over() { handed_over_ = true; }
  /// Its connection is lost, but not its session: what is asked of it is for its client's next socket, too.
  bool away() const { return !connected() && (may_come_back_ || handed_over_); }

 private:
  friend class LocalNamespace;
  struct WaitingAck {
    std::function<void(AckResult)> done;
    runtime::Timer timer;
  };
  struct Delivery;  // an event on its way through packet middlewares
  struct Membership {
    Room* room;
    std::uint32_t position;  // in the room's members
  };

  void measure(std::string_view event, std::size_t size);
  void deliver(std::string_view event, const Args& args, const ReplyPtr& reply);
  void pass_middlewares();
  bool ask_next(const std::shared_ptr<Delivery>& delivery);
  void report(std::string_view event, const Error& error);
  void drop_own_handlers();
  std::string greeting() const;
  std::unique_ptr<RecoverableSession> make_session(std::string pid) const;
  void keep_session(LocalNamespace& nsp);
  Target only_itself() const { return {.rooms = {id_}, .except = {}}; }
  bool was_answered(const Packet& packet);
  void emit_logged(const Payload& payload, const EmitFlags& flags);
  template <class Call>
  bool guarded(std::string_view what, const ReplyPtr& reply, Call call);

  Hub& hub_;
  Client* client_;              // null once closed
  engineio::Session* session_;  // null once closed
  LocalNamespace* nsp_;         // null once closed
  const std::shared_ptr<const NamespaceDef> def_;
  const std::shared_ptr<const std::string> nsp_name_;
  const std::string id_;
  const std::shared_ptr<const engineio::Handshake> handshake_;
  const Value auth_;
  Value data_;
  std::vector<Membership> memberships_;
  std::unique_ptr<RecoverableSession> recoverable_;
  std::unique_ptr<Handlers> own_handlers_;
  std::unique_ptr<SocketMeter> meter_;  // where something bounds what it sends
  std::unique_ptr<std::unordered_map<std::uint64_t, WaitingAck>> acks_;
  std::unique_ptr<std::deque<std::shared_ptr<Delivery>>> deliveries_;  // in order; the first is under way
  std::uint32_t position_ = 0;                                         // in the namespace's list of sockets
  std::uint64_t stamp_ = 0;  // of the last operation that has met it
  runtime::Flag connected_{false};
  bool passing_ = false;  // in the loop that delivers
  bool closing_ = false;  // its handlers are being told
  bool recovered_ = false;
  bool may_come_back_ = false;
  bool handed_over_ = false;
};

}  // namespace belfry::socketio
