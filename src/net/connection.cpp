#include "net/connection.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace belfry::net {

namespace {

// A queue that has held more gives its memory back when it is empty.
constexpr std::size_t kKeptQueue = 16;

uv_buf_t buffer_of(std::string_view bytes) {
  return uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
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

Connection* Connection::adopt(ShardIo& io, int fd) {
  auto* connection = new Connection(io);
  const int status = uv_tcp_open(&connection->tcp_, fd);
  if (status != 0) ::close(fd);
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
  uv_tcp_nodelay(&tcp_, 1);
  return this;
}

void Connection::set_pump(std::unique_ptr<Pump> pump) {
  if (pump_ != nullptr) io_.retire(std::move(pump_));
  pump_ = std::move(pump);
}

std::string Connection::peer_address() const {
  sockaddr_storage address{};
  int size = sizeof address;
  char text[64] = "";
  if (uv_tcp_getpeername(&tcp_, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    uv_ip_name(reinterpret_cast<sockaddr*>(&address), text, sizeof text);
  }
  return text;
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
    const auto read = [&] { pump_->on_bytes(data, static_cast<std::size_t>(size)); };
    if (!io_.shard().guarded(read)) abort();
    return;
  }
  if (size == 0 || size == UV_ENOBUFS || state_ == State::closed) return;
  // The client has ended. What was queued for it may still reach it, if it only ended its own half.
  const bool has_rest = size == UV_EOF && queued_bytes_ > 0 && state_ != State::draining;
  tell_pump();
  if (!has_rest || state_ == State::closed) return end();
  uv_read_stop(stream());
  state_ = State::closing;
}

// ---- writing ----

void Connection::send(const MessageRef& message) {
  if (state_ != State::open) return;
  queued_bytes_ += message.size();
  queue_.push_back(message);
  mark_dirty();
}

void Connection::send_bytes(std::string bytes) {
  Encoded encoded;
  encoded.frames = std::move(bytes);
  send(MessageRef(std::move(encoded)));
}

void Connection::mark_dirty() {
  if (is_dirty_) return;
  is_dirty_ = true;
  io_.dirty_.push_back(this);
}

void Connection::flush() {
  is_dirty_ = false;
  if (writing_ || state_ == State::closed) return;
  while (!queue_.empty()) {
    const std::size_t count = write_now();
    if (state_ == State::closed) return;
    if (count == 0) return write_when_possible();
  }
  if (queue_.capacity() > kKeptQueue) queue_.shrink_to_fit();
  if (state_ == State::closing) drain();
}

// The first message if it is large or alone, else as many as fit into the shard's buffer: one copy costs less
// than the kernel's walk through many pieces.
std::string_view Connection::front_bytes() const {
  const auto first = std::string_view(queue_[0]->frames).substr(first_offset_);
  if (queue_.size() == 1 || first.size() > ShardIo::kJoinBytes) return first;
  char* const joined = io_.join_buffer_.get();
  std::size_t size = first.copy(joined, first.size());
  for (std::size_t i = 1; i < queue_.size(); ++i) {
    const std::string_view frames = queue_[i]->frames;
    if (size + frames.size() > ShardIo::kJoinBytes) break;
    size += frames.copy(joined + size, frames.size());
  }
  return {joined, size};
}

// Offers the front of the queue to the kernel; returns how many bytes it took.
std::size_t Connection::write_now() {
  const uv_buf_t bytes = buffer_of(front_bytes());
  const int written = uv_try_write(stream(), &bytes, 1);
  if (written < 0) {
    if (written != UV_EAGAIN) abort();
    return 0;
  }
  io_.metrics_.bytes_out.add(written);
  take_written(static_cast<std::size_t>(written));
  return static_cast<std::size_t>(written);
}

void Connection::take_written(std::size_t bytes) {
  queued_bytes_ -= bytes;
  bytes += first_offset_;
  std::size_t done = 0;
  while (done < queue_.size() && bytes >= queue_[done].size()) bytes -= queue_[done++].size();
  first_offset_ = bytes;
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(done));
}

void Connection::write_when_possible() {
  auto write = std::make_unique<Write>();
  write->connection = this;
  write->request.data = write.get();
  write->messages = std::exchange(queue_, {});
  std::vector<uv_buf_t> buffers;
  buffers.reserve(write->messages.size());
  for (const auto& message : write->messages) buffers.push_back(buffer_of(message->frames));
  buffers[0] =
      buffer_of(std::string_view(write->messages[0]->frames).substr(std::exchange(first_offset_, 0)));
  writing_ = true;
  io_.metrics_.bytes_out.add(static_cast<std::int64_t>(queued_bytes_));
  const auto on_written = [](uv_write_t* request, int status) {
    const std::unique_ptr<Write> done(static_cast<Write*>(request->data));
    done->connection->on_written(status);
  };
  Write* request = write.release();  // freed by the callback, which comes in every case
  if (uv_write(&request->request, stream(), buffers.data(), static_cast<unsigned>(buffers.size()),
               on_written) != 0) {
    delete request;
    abort();
  }
}

void Connection::on_written(int status) {
  writing_ = false;
  if (state_ == State::closed) return;
  if (status != 0) return abort();
  queued_bytes_ = 0;
  for (const auto& message : queue_) queued_bytes_ += message.size();
  mark_dirty();
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

int Connection::release() {
  int fd = -1;
  if (uv_fileno(reinterpret_cast<uv_handle_t*>(&tcp_), &fd) == 0) fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  io_.retire(std::move(pump_));
  end();
  return fd;
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
  lease_.reset();
  linger_.reset();
  unlink();
  --io_.count_;
  // The loop closes handles after the end of a turn, so the shard's list of dirty connections has let go of
  // it by then.
  uv_close(reinterpret_cast<uv_handle_t*>(&tcp_),
           [](uv_handle_t* handle) { delete static_cast<Connection*>(handle->data); });
}

}  // namespace belfry::net
