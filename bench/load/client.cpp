#include "client.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "clock.h"
#include "frame.h"
#include "swarm.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

namespace bench {

Client::~Client() {
  if (fd_ >= 0) close(fd_);
}

const char* Client::start() {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return "no socket: too many open files?";
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const linger reset_on_close{.l_onoff = 1, .l_linger = 0};  // so that no port is left waiting after a run
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset_on_close, sizeof reset_on_close);
  const sockaddr_in source = swarm_.source_address(index_);
  if (bind(fd_, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) return "bind failed";
  epoll_event event{.events = EPOLLIN | EPOLLOUT, .data = {.ptr = this}};
  waits_to_write_ = true;
  epoll_ctl(swarm_.epoll_fd_, EPOLL_CTL_ADD, fd_, &event);
  const sockaddr_in server = swarm_.server_address(index_);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0 && errno != EINPROGRESS) {
    return "connect failed";
  }
  return nullptr;
}

const char* Client::on_ready(std::uint32_t events) {
  if (state_ == State::kConnecting) return on_connected();
  if ((events & EPOLLOUT) != 0) {
    if (const char* why = flush()) return why;
  }
  return (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 ? on_readable() : nullptr;
}

const char* Client::on_connected() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return strerror(error);
  state_ = State::kUpgrading;
  unsent_ = swarm_.request_;
  return flush();
}

const char* Client::on_readable() {
  std::vector<char>& buffer = swarm_.read_buffer_;
  const ssize_t size = recv(fd_, buffer.data(), buffer.size(), 0);
  if (size < 0) return errno == EAGAIN || errno == EINTR ? nullptr : strerror(errno);
  if (size == 0) return "the server closed the connection";
  std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
  std::string joined;
  if (!unread_.empty()) {
    joined.swap(unread_);
    joined.append(bytes);
    bytes = joined;
  }
  const char* why = on_bytes(bytes);
  if (why == nullptr && !bytes.empty()) unread_.assign(bytes);
  return why;
}

const char* Client::on_bytes(std::string_view& bytes) {
  if (state_ == State::kUpgrading) {
    if (const char* why = on_response(bytes)) return why;
    if (state_ == State::kUpgrading) return nullptr;
  }
  const std::int64_t received_ns = now_ns();
  Frame frame;
  while (true) {
    const FrameStatus status = read_frame(bytes, frame);
    if (status == FrameStatus::kInvalid) return "an invalid frame from the server";
    if (status == FrameStatus::kIncomplete) return nullptr;
    if (frame.opcode == Opcode::kClose) return "a close frame from the server";
    if (frame.opcode == Opcode::kPing) {
      append_frame(unsent_, Opcode::kPong, frame.payload, ++swarm_.mask_);
      mark_dirty();
    } else if (frame.opcode == Opcode::kText) {
      if (const char* why = on_packet(frame.payload, received_ns)) return why;
    }
  }
}

const char* Client::on_response(std::string_view& bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos)
    return bytes.size() > 16384 ? "an endless response to the upgrade" : nullptr;
  const std::string_view head = bytes.substr(0, end);
  // The answer that RFC 6455 computes from the key in the request, which is always the same.
  if (!head.starts_with("HTTP/1.1 101") ||
      head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string_view::npos) {
    return "the server did not upgrade to WebSocket";
  }
  bytes.remove_prefix(end + 4);
  state_ = State::kOpening;
  return nullptr;
}

const char* Client::on_packet(std::string_view packet, std::int64_t received_ns) {
  if (packet.starts_with("42")) {
    swarm_.listener_.on_event(*this, packet.substr(2), received_ns);
  } else if (packet.starts_with("43")) {
    std::uint64_t id = 0;
    const auto parsed = std::from_chars(packet.data() + 2, packet.data() + packet.size(), id);
    if (parsed.ec != std::errc()) return "an acknowledgement without a number";
    swarm_.listener_.on_ack(*this, id, packet.substr(static_cast<std::size_t>(parsed.ptr - packet.data())),
                            received_ns);
  } else if (packet.starts_with("40")) {
    state_ = State::kJoining;
    if (swarm_.listener_.on_connect(*this)) swarm_.ready(*this);
  } else if (packet.starts_with('0')) {
    send("40" + swarm_.listener_.connect_payload(*this));
  } else if (packet.starts_with('2')) {
    send("3");
  } else if (packet != "6") {
    return "a packet that ends the session or is not known";
  }
  return nullptr;
}

void Client::send(std::string_view packet) {
  if (state_ == State::kClosed) return;
  append_frame(unsent_, Opcode::kText, packet, swarm_.mask_ += 0x9e3779b9);
  mark_dirty();
}

void Client::mark_dirty() {
  if (dirty_) return;
  dirty_ = true;
  swarm_.dirty_.push_back(this);
}

const char* Client::flush() {
  std::size_t sent = 0;
  while (sent < unsent_.size()) {
    const ssize_t size = ::send(fd_, unsent_.data() + sent, unsent_.size() - sent, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno != EAGAIN) return strerror(errno);
    if (size < 0) break;
    sent += static_cast<std::size_t>(size);
  }
  unsent_.erase(0, sent);
  want_write(!unsent_.empty());
  return nullptr;
}

void Client::want_write(bool wanted) {
  if (wanted == waits_to_write_) return;
  waits_to_write_ = wanted;
  epoll_event event{.events = EPOLLIN, .data = {.ptr = this}};
  if (wanted) event.events |= EPOLLOUT;
  epoll_ctl(swarm_.epoll_fd_, EPOLL_CTL_MOD, fd_, &event);
}

}  // namespace bench
