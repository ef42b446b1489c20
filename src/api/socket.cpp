#include "belfry/socket.h"

#include "api/handles.h"
#include "runtime/shared_limit.h"
#include "socketio/hub.h"
#include "socketio/socket_core.h"

namespace belfry {

namespace {

// Runs `task(SocketCore&)` on the socket's shard: at once where that is this thread.
template <class Run>
void on_shard(const std::shared_ptr<socketio::SocketCore>& core, Run run) {
  runtime::Shard& shard = core->hub().shard();
  if (shard.is_current()) {
    run(*core);
  } else {
    shard.post([core, run = std::move(run)]() mutable { run(*core); });
  }
}

}  // namespace

void Ack::send(Payload payload) const {
  if (reply_ == nullptr) return;
  const auto socket = reply_->socket.lock();
  if (socket == nullptr) return;
  on_shard(socket,
           [reply = reply_, payload = std::move(payload)](socketio::SocketCore&) { reply->send(payload); });
}

const std::string& Socket::id() const {
  return core_->id();
}
const std::string& Socket::nsp() const {
  return core_->nsp_name();
}
bool Socket::connected() const {
  return core_->connected();
}

bool Socket::recovered() const {
  return core_->recovered();
}

void Socket::begin_anew() const {
  on_shard(core_, [](socketio::SocketCore& core) { core.begin_anew(); });
}

void Socket::post(std::function<void()> task) const {
  core_->hub().shard().post(std::move(task));
}

Value& Socket::data() const {
  return core_->data();
}
std::vector<std::string> Socket::rooms() const {
  return core_->rooms();
}
HandshakeInfo Socket::handshake() const {
  return core_->handshake();
}
std::size_t Socket::buffered_bytes() const {
  return core_->buffered_bytes();
}
const Value& Socket::auth() const {
  return core_->auth();
}

void Socket::emit_payload(Payload payload, EmitFlags flags) const {
  on_shard(core_,
           [payload = std::move(payload), flags](socketio::SocketCore& core) { core.emit(payload, flags); });
}

void Socket::emit_payload_with_ack(Payload payload, EmitFlags flags, std::chrono::milliseconds timeout,
                                   std::function<void(AckResult)> done) const {
  on_shard(core_, [payload = std::move(payload), flags, timeout, done = std::move(done)](
                      socketio::SocketCore& core) { core.emit_with_ack(payload, flags, timeout, done); });
}

bool Socket::join(std::string room) const {
  if (core_->hub().shard().is_current()) return core_->join(std::move(room));
  on_shard(core_, [room = std::move(room)](socketio::SocketCore& core) { core.join(room); });
  return true;
}

void Socket::leave(std::string room) const {
  on_shard(core_, [room = std::move(room)](socketio::SocketCore& core) { core.leave(room); });
}

void Socket::disconnect(bool close) const {
  on_shard(core_, [close](socketio::SocketCore& core) { core.disconnect(close); });
}

void Socket::drop() const {
  on_shard(core_, [](socketio::SocketCore& core) { core.drop(); });
}

void Socket::limit_with(std::shared_ptr<SharedLimit> limit) const {
  on_shard(core_, [limit = std::move(limit)](socketio::SocketCore& core) { core.limit_with(limit); });
}

std::shared_ptr<SharedLimit> make_shared_limit(const RateLimits& limits) {
  return std::make_shared<SharedLimit>(limits);
}

Emitter Socket::broadcast() const {
  return Emitter(core_->hub().shared(), core_->nsp_name()).except(core_->id());
}

void Socket::on(std::string event, EventHandler handler) const {
  auto* own = core_->own_handlers();
  if (own != nullptr) own->events[std::move(event)].push_back(event_with_handle(std::move(handler)));
}
void Socket::on_any(AnyHandler handler) const {
  if (auto* own = core_->own_handlers()) own->any.push_back(with_handle(std::move(handler)));
}
void Socket::on_disconnecting(DisconnectHandler handler) const {
  if (auto* own = core_->own_handlers()) own->disconnecting.push_back(with_handle(std::move(handler)));
}
void Socket::on_disconnect(DisconnectHandler handler) const {
  if (auto* own = core_->own_handlers()) own->disconnect.push_back(with_handle(std::move(handler)));
}
void Socket::on_error(ErrorHandler handler) const {
  if (auto* own = core_->own_handlers()) own->error.push_back(with_handle(std::move(handler)));
}
void Socket::on_drain(DrainHandler handler) const {
  if (auto* own = core_->own_handlers()) own->drain.push_back(with_handle(std::move(handler)));
}
void Socket::use(PacketMiddleware middleware) const {
  if (auto* own = core_->own_handlers())
    own->packet_middlewares.push_back(with_handle(std::move(middleware)));
}

}  // namespace belfry
