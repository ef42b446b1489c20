// A connection's PROXY header and TLS: what comes goes through them to the pump, what is queued through TLS
// to the socket.
#include <sys/socket.h>

#include <algorithm>

#include "net/connection.h"

namespace belfry::net {

namespace {

// What the protocol itself has to say to a client that does not read: past this it is cut off.
constexpr std::size_t kMaxUnsentBytes = 64 * 1024;

}  // namespace

void Connection::set_layers(std::unique_ptr<Layers> layers) {
  layers_ = std::move(layers);
  if (layers_->proxy == nullptr && layers_->tls == nullptr) return;
  const auto on_timeout = [this] {
    refuse(layers_->proxy != nullptr ? count(ProxyFailure::timeout) : count(TlsFailure::timeout));
  };
  layers_->timer = io_.shard().after(io_.options().handshake_timeout, on_timeout);
}

bool Connection::secure() const {
  return layers_ != nullptr && layers_->tls != nullptr;
}

std::string Connection::peer_address() const {
  if (layers_ != nullptr && !layers_->peer_address.empty()) return layers_->peer_address;
  sockaddr_storage address{};
  int size = sizeof address;
  char text[64] = "";
  if (uv_tcp_getpeername(&tcp_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return text;
  if (address.ss_family == AF_UNIX) return std::string(kUnixPeer);
  uv_ip_name(reinterpret_cast<sockaddr*>(&address), text, sizeof text);
  return text;
}

// ---- counting ----

Tally& Connection::count(ProxyFailure failure) {
  return io_.metrics_.proxy_failed[static_cast<std::size_t>(failure)];
}

Tally& Connection::count(TlsFailure failure) {
  return io_.metrics_.tls_failed[static_cast<std::size_t>(failure)];
}

void Connection::count_handshake() {
  layers_->timer.cancel();
  io_.metrics_.tls_handshakes.add(1);
  if (layers_->tls->resumed()) io_.metrics_.tls_resumed.add(1);
}

// The client has gone; did it have to say anything first?
void Connection::count_lost() {
  if (state_ != State::open) return;
  if (layers_->proxy != nullptr) {
    count(ProxyFailure::closed).add(1);
  } else if (secure() && layers_->tls->state() == TlsSession::State::handshake) {
    count(TlsFailure::closed).add(1);
  }
}

// ---- reading ----

void Connection::read_through_layers(char* data, std::size_t size) {
  if (layers_->proxy != nullptr) {
    std::size_t consumed = 0;
    const auto outcome = layers_->proxy->feed({data, size}, consumed);
    if (outcome == ProxyHeader::Outcome::more) return;
    if (outcome == ProxyHeader::Outcome::failed) return refuse(count(layers_->proxy->failure()));
    layers_->peer_address = layers_->proxy->address();
    layers_->proxy.reset();
    if (!secure()) layers_->timer.cancel();
    data += consumed;
    size -= consumed;
    if (size == 0) return;
  }
  if (!secure()) return pump_->on_bytes(data, size);
  layers_->tls->receive({data, size});
  read_tls();
}

void Connection::read_tls() {
  using enum TlsSession::State;
  TlsSession& tls = *layers_->tls;
  const auto before = tls.state();
  char* const plain = io_.plain_buffer();
  for (bool first = true; state_ == State::open; first = false) {
    const std::size_t size = tls.read(plain, ShardIo::kPlainBytes);
    if (first && before == handshake && tls.state() != handshake && tls.state() != failed) count_handshake();
    if (size == 0) break;
    pump_->on_bytes(plain, size);
    if (layers_ == nullptr) return;  // it is another shard's by now, with what has not been read
  }
  tls.receive({});
  if (state_ != State::open) return;
  if (tls.state() == failed) return refuse(count(tls.failure()));
  if (tls.output_size() > 0) mark_dirty();
  if (tls.output_size() > kMaxUnsentBytes && writing_) return abort();
  if (tls.state() == ended) on_end(true);
}

void Connection::read_rest() {
  if (state_ != State::open || !secure()) return;
  if (!io_.shard().guarded([this] { read_tls(); })) abort();
}

// Tells the client why, where TLS has a word for it, and nothing else.
void Connection::refuse(Tally& reason) {
  reason.add(1);
  layers_->timer.cancel();
  queue_.clear();
  tell_pump();
  state_ = State::closing;
  mark_dirty();
}

// ---- writing ----

// False: what is left has to wait for the kernel, or the connection has ended.
bool Connection::flush_tls() {
  TlsSession& tls = *layers_->tls;
  for (;;) {
    if (!send_sealed(tls.take_output()) || rest_ != nullptr) return false;
    if (queue_.empty()) {
      if (state_ == State::closing) tls.end();
      if (tls.output_size() == 0) return true;
      continue;
    }
    // So much is encrypted before the kernel is asked whether it takes more: a large message not at once.
    const std::string_view plain =
        queue_.front(io_.join_buffer_.get(), ShardIo::kJoinBytes).substr(0, ShardIo::kJoinBytes);
    if (!tls.write(plain)) {
      abort();
      return false;
    }
    if (queue_.first_is_apart()) rest();
    queue_.take(plain.size());
  }
}

// Whether the kernel took all of it. What it did not take is not to be encrypted again: libuv writes it when
// it can.
bool Connection::send_sealed(std::string bytes) {
  if (bytes.empty()) return true;
  const uv_buf_t buffer = uv_buf_init(bytes.data(), static_cast<unsigned>(bytes.size()));
  const int taken = uv_try_write(stream(), &buffer, 1);
  if (taken < 0 && taken != UV_EAGAIN) {
    abort();
    return false;
  }
  const auto written = static_cast<std::size_t>(std::max(taken, 0));
  io_.metrics_.bytes_out.add(static_cast<std::int64_t>(bytes.size()));
  if (written == bytes.size()) return true;
  Encoded rest;
  rest.frames = std::move(bytes);
  start_write({MessageRef(std::move(rest))}, written);
  return false;
}

}  // namespace belfry::net
