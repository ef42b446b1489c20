// One Engine.IO connection as Socket.IO sees it: the namespaces that it is in.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engineio/ports.h"
#include "engineio/session.h"
#include "runtime/timer_queue.h"
#include "socketio/decoder.h"
#include "socketio/handlers.h"
#include "socketio/intake.h"
#include "socketio/limits.h"
#include "socketio/recovery/sessions.h"
#include "socketio/recovery/shared_sessions.h"
#include "socketio/socket_core.h"

namespace belfry::socketio {

class Hub;
class LocalNamespace;

/// Owned by its session, on that one's shard.
class Client : public engineio::SessionHandler {
 public:
  Client(Hub& hub, engineio::Session& session);
  ~Client() override;

  engineio::Session& session() { return session_; }
  /// Whether it speaks Socket.IO protocol 4 (over Engine.IO 3), not 5.
  bool is_protocol_4() const { return session_.dialect().v3; }
  /// The id of a new socket of this client.
  std::string new_socket_id(std::string_view nsp) const;

  /// A client of version 3 is in `/` from the start.
  void on_open() override;
  void on_message(bool binary, std::string_view data) override;
  void on_drain() override;
  void on_control() override { intake_.take_control(); }
  void on_end_announced(std::chrono::milliseconds come_back_in) override;
  void on_close(engineio::CloseReason reason) override;

  /// Takes a socket out, which has left its namespace or is about to.
  void forget(const SocketCore& socket);
  /// Every socket leaves its namespace, then the connection ends.
  void disconnect_all();
  /// The connection ends because its client broke the protocol.
  void fail();
  /// It ends because the client has met that bound.
  void fail(Limit limit);

  // For its intake.

  /// A message that may be handled now.
  void handle(bool binary, std::string_view data);
  /// Tells every socket that the client is too fast, by which limit, and how long it has to wait.
  void warn(std::string_view event, std::string_view limit, std::chrono::milliseconds wait);
  Intake& intake() { return intake_; }

 private:
  struct Entry;

  void tell(const Payload& payload) const;
  void on_packet(const Packet& packet);
  void on_connect(const Packet& packet);
  void connect_to(std::string_view nsp, Value auth);
  void begin(const std::shared_ptr<Entry>& entry, SocketCore::Ids ids);
  void begin_new(const std::shared_ptr<Entry>& entry);
  void pass_middleware(const std::shared_ptr<Entry>& entry);
  void admit(Entry& entry, const std::vector<LoggedEvent>& missed);
  void let_in(Entry& entry, const std::vector<SharedMessage>& missed);
  void look_for_session(const std::shared_ptr<Entry>& entry);
  void ask_for_session(const std::shared_ptr<Entry>& entry, const std::string& pid);
  static void on_claimed(const std::shared_ptr<Entry>& entry, std::string id);
  void take_over(const std::shared_ptr<Entry>& entry);
  static void on_handover(Entry& entry, const std::optional<Handover>& handover);
  void claim_shared(const std::shared_ptr<Entry>& entry, const std::string& pid, EventNumber offset);
  void catch_up(const std::shared_ptr<Entry>& entry);
  static void on_caught_up(const std::shared_ptr<Entry>& entry, std::optional<CaughtUp> caught_up);
  void refuse(std::string_view nsp, const Refusal& refusal);
  void send_error(std::string_view nsp, const Value& error);
  SocketPtr find(std::string_view nsp) const;
  bool is_entering(std::string_view nsp) const;

  Hub& hub_;
  engineio::Session& session_;
  Intake intake_;
  std::unique_ptr<PartialPacket> partial_;
  std::size_t packet_bytes_ = 0;                 // of the packet under way, its attachments included
  std::vector<SocketPtr> sockets_;               // one a namespace
  std::vector<std::shared_ptr<Entry>> entries_;  // connecting: middlewares are being asked
  runtime::Timer connect_timer_;                 // runs until the first namespace is joined
};

}  // namespace belfry::socketio
