#include "redis/channel.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <uv.h>

#include <array>
#include <cstring>
#include <memory>
#include <utility>

namespace belfry::redis {

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kRecordBytes = 16 * 1024;
// A peer that has vanished is noticed where nothing is asked of it, too.
constexpr unsigned kKeepAliveSeconds = 15;

}  // namespace

struct Channel::Endpoint {
  sockaddr_storage address{};
};

/// A look-up under way. Ends itself when libuv calls back.
struct Channel::Lookup {
  uv_getaddrinfo_t request{};
  Channel* owner = nullptr;  // null: nobody wants to know any more
};

/// A socket, with the one write that it does at a time. Ends itself when it has been closed.
struct Channel::Stream {
  union {
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  uv_connect_t connecting{};
  uv_write_t write{};
  std::string written;       // by `write`
  Channel* owner = nullptr;  // null: it is being closed
  std::array<char, kReadBytes> buffer;

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp); }
  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&tcp); }

  void close() {
    owner = nullptr;
    uv_close(handle(), [](uv_handle_t* closed) { delete static_cast<Stream*>(closed->data); });
  }
};

Channel::Channel(runtime::Shard& shard, RedisAddress address, std::shared_ptr<const net::TlsContext> tls,
                 std::string server_name, Events events)
    : shard_(shard),
      address_(std::move(address)),
      tls_context_(std::move(tls)),
      server_name_(std::move(server_name)),
      events_(std::move(events)) {}

Channel::~Channel() {
  close();
}

void Channel::close() {
  is_closed_ = true;
  is_open_ = false;
  if (lookup_ != nullptr) {
    lookup_->owner = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(&lookup_->request));
    lookup_ = nullptr;
  }
  if (stream_ != nullptr) std::exchange(stream_, nullptr)->close();
}

void Channel::fail(std::string why) {
  if (is_closed_) return;
  close();
  events_.closed({ErrorKind::unavailable, std::move(why)});
}

// ---- opening ----

void Channel::open() {
  if (address_.host.starts_with('/')) return connect_next();
  lookup_ = new Lookup;
  lookup_->owner = this;
  lookup_->request.data = lookup_;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const auto on_found = [](uv_getaddrinfo_t* request, int status, addrinfo* found) {
    const std::unique_ptr<Lookup> lookup(static_cast<Lookup*>(request->data));
    if (lookup->owner != nullptr) lookup->owner->on_found(status, found);
    uv_freeaddrinfo(found);
  };
  const int status = uv_getaddrinfo(shard_.loop(), &lookup_->request, on_found, address_.host.c_str(),
                                    std::to_string(address_.port).c_str(), &hints);
  if (status == 0) return;
  delete std::exchange(lookup_, nullptr);
  fail(uv_strerror(status));
}

void Channel::on_found(int status, const void* found) {
  lookup_ = nullptr;
  if (status != 0) return fail(uv_strerror(status));
  for (const auto* one = static_cast<const addrinfo*>(found); one != nullptr; one = one->ai_next) {
    if (one->ai_addrlen > sizeof(sockaddr_storage)) continue;
    Endpoint endpoint;
    std::memcpy(&endpoint.address, one->ai_addr, one->ai_addrlen);
    endpoints_.insert(endpoints_.begin(), endpoint);  // the first is the last, where it is taken
  }
  if (endpoints_.empty()) return fail("the name has no address");
  connect_next();
}

void Channel::connect_next() {
  stream_ = new Stream;
  stream_->owner = this;
  const auto on_connected = [](uv_connect_t* request, int status) {
    Channel* const owner = static_cast<Stream*>(request->handle->data)->owner;
    if (owner != nullptr) owner->on_connected(status);
  };
  int status = 0;
  if (address_.host.starts_with('/')) {
    uv_pipe_init(shard_.loop(), &stream_->pipe, 0);
    stream_->handle()->data = stream_;
    uv_pipe_connect(&stream_->connecting, &stream_->pipe, address_.host.c_str(), on_connected);
  } else {
    uv_tcp_init(shard_.loop(), &stream_->tcp);
    stream_->handle()->data = stream_;
    const Endpoint endpoint = endpoints_.back();
    endpoints_.pop_back();
    status = uv_tcp_connect(&stream_->connecting, &stream_->tcp,
                            reinterpret_cast<const sockaddr*>(&endpoint.address), on_connected);
  }
  if (status != 0) this->on_connected(status);
}

void Channel::on_connected(int status) {
  if (status != 0 && !endpoints_.empty()) {
    std::exchange(stream_, nullptr)->close();
    return connect_next();
  }
  if (status != 0) return fail(uv_strerror(status));
  if (!address_.host.starts_with('/')) {
    uv_tcp_nodelay(&stream_->tcp, 1);
    uv_tcp_keepalive(&stream_->tcp, 1, kKeepAliveSeconds);
  }
  const auto give_buffer = [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto& bytes = static_cast<Stream*>(handle->data)->buffer;
    *buffer = uv_buf_init(bytes.data(), static_cast<unsigned>(bytes.size()));
  };
  const auto on_read = [](uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
    Channel* const owner = static_cast<Stream*>(stream->data)->owner;
    if (owner == nullptr || size == 0) return;
    if (size < 0)
      return owner->fail(size == UV_EOF ? "Redis closed the connection"
                                        : uv_strerror(static_cast<int>(size)));
    owner->on_received({buffer->base, static_cast<std::size_t>(size)});
  };
  if (const int error = uv_read_start(stream_->stream(), give_buffer, on_read); error != 0) {
    return fail(uv_strerror(error));
  }
  if (tls_context_ == nullptr) {
    is_open_ = true;
    return events_.opened();
  }
  tls_ = std::make_unique<net::TlsSession>(tls_context_, server_name_);
  out_ = tls_->take_output();
  flush();
}

// ---- bytes ----

void Channel::on_received(std::string_view bytes) {
  if (tls_ != nullptr) return read_tls(bytes);
  events_.received(bytes);
}

void Channel::read_tls(std::string_view bytes) {
  std::array<char, kRecordBytes> plain;
  tls_->receive(bytes);
  while (true) {
    const std::size_t size = tls_->read(plain.data(), plain.size());
    if (!is_open_ && tls_->state() == net::TlsSession::State::open) {
      is_open_ = true;
      events_.opened();
    }
    if (is_closed_ || size == 0) break;
    events_.received({plain.data(), size});
    if (is_closed_) return;
  }
  if (is_closed_) return;
  if (tls_->state() == net::TlsSession::State::failed) return fail("TLS: " + tls_->why());
  if (tls_->state() == net::TlsSession::State::ended) return fail("Redis closed the connection");
  out_ += tls_->take_output();
  flush();
}

void Channel::write(std::string_view bytes) {
  if (!is_open_ || bytes.empty()) return;
  if (tls_ == nullptr) {
    out_ += bytes;
  } else if (tls_->write(bytes)) {
    out_ += tls_->take_output();
  }
}

std::size_t Channel::unsent() const {
  return out_.size() + (is_writing_ ? stream_->written.size() : 0);
}

void Channel::flush() {
  if (is_closed_ || stream_ == nullptr || is_writing_ || out_.empty()) return;
  const uv_buf_t all = uv_buf_init(out_.data(), static_cast<unsigned>(out_.size()));
  const int taken = uv_try_write(stream_->stream(), &all, 1);
  if (taken < 0 && taken != UV_EAGAIN) return fail(uv_strerror(taken));
  if (taken == static_cast<int>(out_.size())) return out_.clear();
  stream_->written = out_.substr(taken > 0 ? static_cast<std::size_t>(taken) : 0);
  out_.clear();
  is_writing_ = true;
  const uv_buf_t rest = uv_buf_init(stream_->written.data(), static_cast<unsigned>(stream_->written.size()));
  uv_write(&stream_->write, stream_->stream(), &rest, 1, [](uv_write_t* request, int status) {
    Channel* const owner = static_cast<Stream*>(request->handle->data)->owner;
    if (owner != nullptr) owner->on_written(status);
  });
}

void Channel::on_written(int status) {
  is_writing_ = false;
  stream_->written.clear();
  if (status != 0) return fail(uv_strerror(status));
  flush();
  if (!is_closed_ && !is_writing_) events_.drained();
}

}  // namespace belfry::redis
