#include "belfry/socket.h"
#include "socketio/hub.h"

namespace belfry {

Emitter::Emitter(socketio::Shared& shared, std::string nsp, Target target)
    : shared_(&shared),
      nsp_(std::move(nsp)),
      target_(std::move(target)),
      timeout_(shared.options.ack_timeout) {}

SocketOperations& Emitter::operations() const {
  return flags_.local ? *shared_->local : *shared_->adapter;
}

Emitter Emitter::to(std::string room) const {
  Emitter other = *this;
  other.target_.rooms.push_back(std::move(room));
  return other;
}

Emitter Emitter::to(const std::vector<std::string>& rooms) const {
  Emitter other = *this;
  other.target_.rooms.insert(other.target_.rooms.end(), rooms.begin(), rooms.end());
  return other;
}

Emitter Emitter::except(std::string room) const {
  Emitter other = *this;
  other.target_.except.push_back(std::move(room));
  return other;
}

Emitter Emitter::except(const std::vector<std::string>& rooms) const {
  Emitter other = *this;
  other.target_.except.insert(other.target_.except.end(), rooms.begin(), rooms.end());
  return other;
}

Emitter Emitter::local() const {
  Emitter other = *this;
  other.flags_.local = true;
  return other;
}

Emitter Emitter::as_volatile() const {
  Emitter other = *this;
  other.flags_.is_volatile = true;
  return other;
}

Emitter Emitter::coalesce(std::string key) const {
  Emitter other = *this;
  other.flags_.key = std::move(key);
  return other;
}

Emitter Emitter::compress(bool on) const {
  Emitter other = *this;
  other.flags_.compress = on;
  return other;
}

Emitter Emitter::timeout(std::chrono::milliseconds timeout) const {
  Emitter other = *this;
  other.timeout_ = timeout;
  return other;
}

void Emitter::emit_payload(const Payload& payload) const {
  operations().broadcast(nsp_, payload, target_, flags_);
}

void Emitter::emit_payload_with_ack(const Payload& payload,
                                    std::function<void(std::vector<AckOutcome>)> done) const {
  operations().broadcast_with_ack(nsp_, payload, target_, flags_, timeout_, std::move(done));
}

void Emitter::fetch_sockets(std::function<void(std::vector<RemoteSocket>)> done) const {
  operations().fetch_sockets(nsp_, target_, std::move(done));
}

void Emitter::count_sockets(std::function<void(std::size_t)> done) const {
  operations().count_sockets(nsp_, target_, std::move(done));
}

void Emitter::fetch_rooms(std::function<void(std::vector<std::string>)> done) const {
  operations().fetch_rooms(nsp_, std::move(done));
}

void Emitter::sockets_join(const std::vector<std::string>& rooms) const {
  operations().join(nsp_, target_, rooms);
}

void Emitter::sockets_leave(const std::vector<std::string>& rooms) const {
  operations().leave(nsp_, target_, rooms);
}

void Emitter::disconnect_sockets(bool close) const {
  operations().disconnect(nsp_, target_, close);
}

}  // namespace belfry
