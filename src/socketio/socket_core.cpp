#include "socketio/socket_core.h"

#include "core/ids.h"
#include "http/query.h"
#include "socketio/client.h"
#include "socketio/hub.h"
#include "socketio/local_namespace.h"
#include "socketio/recovery/handover.h"
#include "socketio/socket_calls.h"

namespace belfry::socketio {

void PendingReply::send(const Payload& payload) {
  const SocketPtr target = socket.lock();
  if (sent || target == nullptr) return;
  sent = true;
  target->answer(id, payload);
}

SocketCore::SocketCore(Hub& hub, Client& client, LocalNamespace& nsp, Value auth, Ids ids)
    : hub_(hub),
      client_(&client),
      session_(&client.session()),
      nsp_(&nsp),
      def_(nsp.def()),
      nsp_name_(nsp.name()),
      id_(std::move(ids.id)),
      handshake_(client.session().handshake()),
      auth_(std::move(auth)) {
  if (!ids.pid.empty()) recoverable_ = make_session(std::move(ids.pid));
}

SocketCore::~SocketCore() = default;

std::unique_ptr<RecoverableSession> SocketCore::make_session(std::string pid) const {
  const RecoveryOptions& options = *hub_.shared().options.recovery;
  return std::make_unique<RecoverableSession>(
      id_, std::move(pid), KeptReplies(options.max_kept_replies, options.max_kept_reply_bytes));
}

const Encoder& SocketCore::encoder() const {
  return hub_.shared().encoder;
}

Handlers* SocketCore::own_handlers() {
  if (session_ == nullptr) return nullptr;
  if (own_handlers_ == nullptr) own_handlers_ = std::make_unique<Handlers>();
  return own_handlers_.get();
}

std::vector<std::string> SocketCore::rooms() const {
  if (!connected()) return {};
  std::vector<std::string> names{id_};
  for (const auto& membership : memberships_) names.push_back(*membership.room->name);
  return names;
}

HandshakeInfo SocketCore::handshake() const {
  const engineio::Handshake& first = *handshake_;
  return {first.headers(),
          http::parse_query(first.query()),
          std::string(first.target()),
          std::string(first.address()),
          first.secure(),
          first.issued(),
          auth_,
          first.from_allowed_origin()};
}

RemoteSocket SocketCore::describe() const {
  return {id_, rooms(), data_, handshake(), session_ != nullptr ? session_->sid() : std::string()};
}

// ---- sending ----

void SocketCore::send(const MessageRef& message, bool is_volatile) {
  if (session_ == nullptr || !connected()) return;
  if (is_volatile && !session_->writable()) return session_->count_dropped();
  session_->send(message);
}

void SocketCore::emit(const Payload& payload, const EmitFlags& flags) {
  const bool is_shared = connected() && recoverable_ != nullptr && hub_.shared().sessions != nullptr;
  if ((away() || is_shared) && !flags.is_volatile) {
    return hub_.shared().operations_away().broadcast(*nsp_name_, payload, only_itself(), flags);
  }
  emit_here(payload, flags);
}

void SocketCore::emit_here(const Payload& payload, const EmitFlags& flags) {
  if (nsp_ != nullptr && nsp_->recovery() != nullptr && !flags.is_volatile)
    return emit_logged(payload, flags);
  send(MessageRef(encoder().encode_event(*nsp_name_, payload, flags)), flags.is_volatile);
}

void SocketCore::emit_logged(const Payload& payload, const EmitFlags& flags) {
  if (!connected()) return;
  const EventNumber number = hub_.shared().new_event_number();
  LoggedEvent event{number,
                    std::make_shared<const Encoded>(
                        encoder().encode_event(*nsp_name_, with_offset(payload, offset_text(number)), flags)),
                    std::make_shared<const Target>(only_itself())};
  send(MessageRef(event.message), false);
  if (recoverable_ != nullptr) recoverable_->on_sent(nsp_->recovery()->add(std::move(event)), number);
}

void SocketCore::emit_with_ack(const Payload& payload, const EmitFlags& flags,
                               std::chrono::milliseconds timeout, std::function<void(AckResult)> done) {
  if (!connected()) return done(fail(ErrorKind::closed, "the socket is disconnected"));
  const std::uint64_t id = hub_.shared().new_ack_id();
  if (!expect_ack(id, timeout, std::move(done))) return;
  Encoded encoded = encoder().encode(PacketType::event, *nsp_name_, id, payload);
  encoded.compress = flags.compress;
  send(MessageRef(std::move(encoded)), flags.is_volatile);
}

bool SocketCore::expect_ack(std::uint64_t id, std::chrono::milliseconds timeout,
                            std::function<void(AckResult)> done) {
  if (acks_ != nullptr && acks_->size() >= hub_.shared().limits.max_pending_acks) {
    hub_.count(Limit::acks);
    done(fail(ErrorKind::too_large, "the socket owes too many acknowledgements"));
    return false;
  }
  if (acks_ == nullptr) acks_ = std::make_unique<std::unordered_map<std::uint64_t, WaitingAck>>();
  auto timer = hub_.shard().after(timeout, [this, id] {
    const auto self = shared_from_this();
    auto waiting = acks_->extract(id);
    guarded("an acknowledgement", nullptr,
            [&] { waiting.mapped().done(fail(ErrorKind::timed_out, "no acknowledgement in time")); });
  });
  acks_->emplace(id, WaitingAck{std::move(done), std::move(timer)});
  return true;
}

void SocketCore::on_ack(std::uint64_t id, const Args& args) {
  if (acks_ == nullptr) return;
  auto waiting = acks_->extract(id);
  if (waiting.empty()) return;  // answered before, or too late
  guarded("an acknowledgement", nullptr, [&] { waiting.mapped().done(args); });
}

// ---- rooms ----

bool SocketCore::join(std::string room) {
  const bool is_away = away();
  if (nsp_ == nullptr && !is_away) return false;
  const Limits& limits = hub_.shared().limits;
  const bool long_name = room.size() > limits.max_room_name_bytes;
  if (long_name ||
      (!is_away && memberships_.size() >= limits.max_rooms_per_socket && !nsp_->has(*this, room))) {
    hub_.count(long_name ? Limit::room_name : Limit::rooms);
    return false;
  }
  if (is_away) {
    hub_.shared().operations_away().join(*nsp_name_, only_itself(), {std::move(room)});
  } else {
    nsp_->join(*this, std::move(room));
  }
  return true;
}

void SocketCore::leave(std::string_view room) {
  if (away()) return hub_.shared().operations_away().leave(*nsp_name_, only_itself(), {std::string(room)});
  if (nsp_ != nullptr) nsp_->leave(*this, room);
}

// ---- life ----

// The payload of CONNECT.
std::string SocketCore::greeting() const {
  if (client_->is_protocol_4()) return {};
  std::string text = R"({"sid":")" + id_;
  if (recoverable_ != nullptr) text.append(R"(","pid":")").append(recoverable_->pid());
  return text + R"("})";
}

void SocketCore::on_connected(const std::vector<SharedMessage>& missed) {
  const auto self = shared_from_this();
  connected_.set(true);
  session_->send(MessageRef(encoder().encode_plain(PacketType::connect, *nsp_name_, greeting())));
  for (const SharedMessage& message : missed) send(MessageRef(message), false);
  for (const auto& handler : def_->connection) {
    guarded("connection", nullptr, [&] { handler(self); });
  }
}

void SocketCore::on_turned_away() {
  if (nsp_ != nullptr) nsp_->leave_all(*this);
  nsp_ = nullptr;
  client_ = nullptr;
  session_ = nullptr;
  drop_own_handlers();
}

void SocketCore::begin_anew() {
  if (connected() || away() || !std::exchange(recovered_, false)) return;
  recoverable_ = make_session(id_ + make_sid());
  data_ = nullptr;
  if (nsp_ == nullptr) return;
  for (const auto& room : nsp_->rooms_of(*this)) recoverable_->on_join(room, nsp_->log_end());
}

// Where nothing has come yet of what servers share, nobody can tell what it will have missed.
void SocketCore::keep_session(LocalNamespace& nsp) {
  const LogPlace& place = nsp.place();
  const SharedPlace& own = recoverable_->shared();
  const EventNumber now = std::max(place.next(), own.next);
  if (now == 0) return;
  hub_.shared().sessions->keep(*nsp_name_, {.pid = recoverable_->pid(),
                                            .stays = recoverable_->stays(),
                                            .data = data_,
                                            .begin = place.known(own.begin),
                                            .gap = place.gap(),
                                            .at = now});
  on_handed_over();
}

void SocketCore::on_client_gone() {
  client_ = nullptr;
  session_ = nullptr;
  nsp_ = nullptr;
  drop_own_handlers();
}

void SocketCore::fence() {
  if (session_ != nullptr) session_->fail(engineio::CloseReason::transport_close);
}

void SocketCore::disconnect(bool close) {
  if (away()) return hub_.shared().operations_away().disconnect(*nsp_name_, only_itself(), close);
  if (!connected()) return;
  const auto self = shared_from_this();
  if (close) return client_->disconnect_all();
  if (closing_) return;
  send(MessageRef(encoder().encode_plain(PacketType::disconnect, *nsp_name_, {})), false);
  client_->forget(*this);
  on_closed("server namespace disconnect");
}

void SocketCore::drop() {
  if (session_ != nullptr) session_->close(engineio::CloseReason::forced_close);
}

std::size_t SocketCore::buffered_bytes() const {
  return session_ != nullptr ? session_->buffered_bytes() : 0;
}

void SocketCore::on_drain() {
  if (!connected()) return;
  const auto self = shared_from_this();
  const auto call = [&](const DrainHandler& handler) { guarded("drain", nullptr, [&] { handler(self); }); };
  each_of(def_->handlers.drain, call);
  if (own_handlers_ != nullptr && connected()) each_of(own_handlers_->drain, call);
}

void SocketCore::on_closed(std::string_view reason, bool may_come_back) {
  if (!connected() || std::exchange(closing_, true)) return;
  const auto self = shared_from_this();
  const auto tell = [&](std::string_view what, std::vector<DisconnectHandler> Handlers::* list) {
    const auto call = [&](const DisconnectHandler& handler) {
      guarded(what, nullptr, [&] { handler(self, reason); });
    };
    each_of(def_->handlers.*list, call);
    if (const Handlers* own = own_handlers_.get(); own != nullptr) each_of(own->*list, call);
  };
  tell("disconnecting", &Handlers::disconnecting);
  connected_.set(false);
  LocalNamespace* nsp = std::exchange(nsp_, nullptr);
  if (may_come_back && nsp->recovery() != nullptr && recoverable_ != nullptr) {
    nsp->suspend(*this);
  } else {
    if (may_come_back && hub_.shared().sessions != nullptr && recoverable_ != nullptr) keep_session(*nsp);
    nsp->remove(*this);
    hub_.close_if_unused(*nsp);
  }
  client_ = nullptr;
  session_ = nullptr;
  deliveries_.reset();
  if (const auto acks = std::move(acks_)) {
    for (auto& entry : *acks) {
      entry.second.timer.cancel();
      guarded("an acknowledgement", nullptr,
              [&] { entry.second.done(fail(ErrorKind::closed, "the socket is disconnected")); });
    }
  }
  tell("disconnect", &Handlers::disconnect);
  drop_own_handlers();
}

// What they hold may hold this socket; but one of them may be running.
void SocketCore::drop_own_handlers() {
  if (own_handlers_ == nullptr) return;
  hub_.shard().post([self = shared_from_this(), keep = std::move(own_handlers_)] {});
}

}  // namespace belfry::socketio
