#include "net/connection.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>
#include <vector>

namespace belfry::net {

namespace {

// What libuv is given when the kernel is full: a part of the queue, of which nothing can be made needless any
// more.
constexpr std::size_t kHandedOverBytes = 64 * 1024;

uv_buf_t buffer_of(std::string_view bytes) {
  return uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
}

// Ends a connection whose peer has vanished sooner than the kernel would by itself.
void limit_unacknowledged(const uv_tcp_t& tcp, std::chrono::milliseconds timeout) {
  int fd = -1;
  if (timeout.count() <= 0 || uv_fileno(reinterpret_cast<const uv_handle_t*>(&tcp), &fd) != 0) return;
  const auto ms = static_cast<unsigned>(timeout.count());
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
}

}  // namespace

// A write that libuv finishes when the kernel has room again. Holds what it writes.
struct Connection::Write {
  uv_write_t request;
  Connection* connection;
  std::vector<MessageRef> messages;
};

Connection::Connection(ShardIo& io) : io_(io) {
  uv_tcp_init(io_.shard().loop(), &tcp_);
  tcp_.data = this;
  io_.open_.push_back(*this);
  ++io_.count_;
}

Connection::~Connection() = default;

Connection* Connection::adopt(ShardIo& io, Moved moved) {
  auto* connection = new Connection(io);
  connection->layers_ = std::move(moved.layers);
  const int status = uv_tcp_open(&connection->tcp_, moved.fd);
  if (status != 0) ::close(moved.fd);
  return connection->start(status);
}

Connection* Connection::accept(ShardIo& io, uv_stream_t* listener) {
  auto* connection = new Connection(io);
  return connection->start(uv_accept(listener, connection->stream()));
}

int Connection::read_start() {
  const auto give_buffer = [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto& self = *static_cast<Connection*>(handle->data);
    // One read a turn: a client that sends without end is served in turn with all others.
    const bool again = std::exchange(self.read_turn_, self.io_.turn_) == self.io_.turn_;
    *buffer = uv_buf_init(self.io_.read_buffer_.get(), again ? 0 : ShardIo::kReadBufferBytes);
  };
  const auto on_read = [](uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
    static_cast<Connection*>(stream->data)->on_read(size, buffer->base);
  };
  return uv_read_start(stream(), give_buffer, on_read);
}

Connection* Connection::start(int status) {
  if (status != 0 || read_start() != 0) {
    end();
    return nullptr;
  }
  tune();
  return this;
}

void Connection::tune() {
  uv_tcp_nodelay(&tcp_, 1);
  limit_unacknowledged(tcp_, io_.options().unacknowledged_timeout);
}

void Connection::set_pump(std::unique_ptr<Pump> pump) {
  if (pump_ != nullptr) io_.retire(std::move(pump_));
  pump_ = std::move(pump);
}

// ---- reading ----

void Connection::pause(bool on) {
  if (state_ != State::open) return;
  if (on) {
    uv_read_stop(stream());
  } else if (const int status = read_start(); status != 0 && status != UV_EALREADY) {
    abort();
  }
}

void Connection::on_read(ssize_t size, char* data) {
  if (size > 0) {
    if (state_ != State::open) return;
    io_.metrics_.bytes_in.add(size);
    // A defect that this client's bytes have met costs no other client anything.
    const auto read = [&] {
      if (layers_ != nullptr) return read_through_layers(data, static_cast<std::size_t>(size));
      pump_->on_bytes(data, static_cast<std::size_t>(size));
    };
    if (!io_.shard().guarded(read)) abort();
    return;
  }
  if (size != 0 && size != UV_ENOBUFS) on_end(size == UV_EOF);
}

// The client has ended. What was queued for it may still reach it, if it only ended its own half; with TLS
// that is at least our own end.
void Connection::on_end(bool half) {
  if (state_ == State::closed) return;
  if (layers_ != nullptr) count_lost();
  const bool has_rest = half && (queued_bytes() > 0 || secure()) && state_ != State::draining;
  tell_pump();
  if (!has_rest || state_ == State::closed) return end();
  uv_read_stop(stream());
  state_ = State::closing;
  mark_dirty();
}

// ---- writing ----

void Connection::send(const MessageRef& message) {
  if (state_ != State::open) return;
  if (queue_.push(message)) io_.metrics_.coalesced.add(1);
  if (queued_bytes() > io_.options().drain_mark_bytes) over_mark_ = true;
  mark_dirty();
}

void Connection::send_bytes(std::string bytes, bool greeting) {
  Encoded encoded;
  encoded.frames = std::move(bytes);
  encoded.apart = greeting && io_.options().greeting_gap.count() > 0;
  send(MessageRef(std::move(encoded)));
}

void Connection::mark_dirty() {
  if (is_dirty_) return;
  is_dirty_ = true;
  io_.dirty_.push_back(this);
}

void Connection::flush() {
  is_dirty_ = false;
  if (state_ == State::closed || rest_ != nullptr) return;
  if (secure() && !writing_) flush_tls();
  while (!secure() && !writing_ && !queue_.empty() && rest_ == nullptr) {
    const std::size_t count = write_now();
    if (state_ == State::closed) return;
    if (count == 0) write_when_possible();
  }
  if (state_ == State::closed || rest_ != nullptr) return;
  if (!writing_ && state_ == State::closing) return drain();
  if (!writing_ && std::exchange(tell_written_, false) && pump_ != nullptr) pump_->on_written();
  tell_drained();
}

// Offers the front of the queue to the kernel; returns how many bytes it took. What is small is joined: one
// copy costs less than the kernel's walk through many pieces.
std::size_t Connection::write_now() {
  const uv_buf_t bytes = buffer_of(queue_.front(io_.join_buffer_.get(), ShardIo::kJoinBytes));
  const int written = uv_try_write(stream(), &bytes, 1);
  if (written < 0) {
    if (written != UV_EAGAIN) abort();
    return 0;
  }
  io_.metrics_.bytes_out.add(written);
  if (queue_.first_is_apart()) rest();
  queue_.take(static_cast<std::size_t>(written));
  return static_cast<std::size_t>(written);
}

// Writes nothing for the greeting gap, so that what follows is read by itself.
void Connection::rest() {
  rest_ = std::make_unique<runtime::Timer>(io_.shard().after(io_.options().greeting_gap, [this] {
    rest_.reset();
    mark_dirty();
  }));
}

void Connection::write_when_possible() {
  const std::size_t before = queue_.bytes();
  std::size_t offset = 0;
  auto messages = queue_.take_out(kHandedOverBytes, offset);
  io_.metrics_.bytes_out.add(static_cast<std::int64_t>(before - queue_.bytes()));
  start_write(std::move(messages), offset);
}

// `offset`: what has been written of the first message.
void Connection::start_write(std::vector<MessageRef> messages, std::size_t offset) {
  auto write = std::make_unique<Write>();
  write->connection = this;
  write->request.data = write.get();
  write->messages = std::move(messages);
  std::vector<uv_buf_t> buffers;
  buffers.reserve(write->messages.size());
  for (const auto& message : write->messages) buffers.push_back(buffer_of(message->frames));
  buffers[0] = buffer_of(std::string_view(write->messages[0]->frames).substr(offset));
  writing_ = true;
  const auto on_written = [](uv_write_t* request, int status) {
    const std::unique_ptr<Write> done(static_cast<Write*>(request->data));
    done->connection->on_written(status);
  };
  Write* request = write.release();  // freed by the callback, which comes in every case
  if (uv_write(&request->request, stream(), buffers.data(), static_cast<unsigned>(buffers.size()),
               on_written) != 0) {
    delete request;
    return abort();
  }
  watch_write();
}

void Connection::on_written(int status) {
  writing_ = false;
  stall_.reset();
  if (state_ == State::closed) return;
  if (status != 0) return abort();
  mark_dirty();
}

// What the kernel was given and the client has not acknowledged, and what libuv still has. While libuv
// writes, nothing is added to it.
std::size_t Connection::unacknowledged() const {
  int fd = -1;
  int in_kernel = 0;
  if (uv_fileno(reinterpret_cast<const uv_handle_t*>(&tcp_), &fd) == 0) ::ioctl(fd, SIOCOUTQ, &in_kernel);
  return tcp_.write_queue_size + static_cast<std::size_t>(in_kernel);
}

// Ends the connection where its client takes nothing for the whole time-out. That the kernel takes nothing
// does not say so: it waits until a good part of its buffer is free, which a slow client's may not be for
// long.
void Connection::watch_write() {
  const auto timeout = io_.options().write_timeout;
  if (timeout.count() <= 0) return;
  const auto look = [this, left = unacknowledged()] {
    if (unacknowledged() < left) return watch_write();
    if (pump_ != nullptr) pump_->on_stalled();
    abort();
  };
  stall_ = std::make_unique<runtime::Timer>(io_.shard().after(timeout, look));
}

void Connection::tell_drained() {
  if (!over_mark_ || queued_bytes() > io_.options().drain_mark_bytes / 2) return;
  over_mark_ = false;
  if (pump_ != nullptr) pump_->on_drained();
}

// ---- ending ----

void Connection::close() {
  if (state_ != State::open) return;
  pause(false);
  if (state_ != State::open) return;
  state_ = State::closing;
  mark_dirty();
}

// Everything is written. Closing a socket with unread bytes would make the kernel drop what the client has
// not read.
void Connection::drain() {
  int fd = -1;
  const bool readable = uv_is_active(reinterpret_cast<uv_handle_t*>(&tcp_)) != 0;
  if (!readable || uv_fileno(reinterpret_cast<uv_handle_t*>(&tcp_), &fd) != 0) {
    tell_pump();
    return end();
  }
  state_ = State::draining;
  ::shutdown(fd, SHUT_WR);
  linger_ =
      std::make_unique<runtime::Timer>(io_.shard().after(io_.options().linger_timeout, [this] { abort(); }));
}

void Connection::abort() {
  if (state_ == State::closed) return;
  tell_pump();
  end();
}

Connection::Moved Connection::release() {
  flush();
  if (writing_) abort();
  if (state_ != State::open) return {};
  Moved moved;
  if (uv_fileno(reinterpret_cast<uv_handle_t*>(&tcp_), &moved.fd) == 0) {
    moved.fd = fcntl(moved.fd, F_DUPFD_CLOEXEC, 0);
  }
  if (secure()) layers_->tls->keep_unread();
  moved.layers = std::move(layers_);
  io_.retire(std::move(pump_));
  end();
  return moved;
}

void Connection::tell_pump() {
  if (pump_ == nullptr) return;
  auto pump = std::move(pump_);
  pump->on_closed();
  io_.retire(std::move(pump));
}

void Connection::end() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  forget_dial();
  lease_.reset();
  linger_.reset();
  rest_.reset();
  if (layers_ != nullptr) layers_->timer.cancel();
  stall_.reset();
  unlink();
  --io_.count_;
  // The loop closes handles after the end of a turn, so the shard's list of dirty connections has let go of
  // it by then.
  uv_close(reinterpret_cast<uv_handle_t*>(&tcp_),
           [](uv_handle_t* handle) { delete static_cast<Connection*>(handle->data); });
}

}  // namespace belfry::net
