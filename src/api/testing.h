// A client of the tests: one TCP connection, read and written by hand.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace belfry::testing {

/// Blocks, each call at most ten seconds.
class RawClient {
 public:
  explicit RawClient(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) shut();
  }
  /// At a Unix socket.
  explicit RawClient(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) shut();
  }
  ~RawClient() { shut(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  int fd() const { return fd_; }
  bool write(std::string_view bytes) {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  /// What there is to read next; empty when the server has ended the connection, or says nothing.
  std::string read() {
    if (!unread_.empty()) return std::exchange(unread_, {});
    char buffer[65536];
    const ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
    return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : "";
  }
  /// Whether there is something to read, or the end, within that time.
  bool is_readable(std::chrono::milliseconds limit) {
    pollfd one{fd_, POLLIN, 0};
    return !unread_.empty() || ::poll(&one, 1, static_cast<int>(limit.count())) > 0;
  }
  /// Whether the server ends the connection, with nothing before.
  bool ends() {
    char byte = 0;
    const ssize_t size = unread_.empty() ? ::recv(fd_, &byte, 1, 0) : 1;
    return size == 0 || (size < 0 && errno == ECONNRESET);
  }
  /// One request with its answer, as they stand on the wire. The answer has a Content-Length.
  std::string request(std::string_view method, std::string_view target, std::string_view body = "") {
    std::string head(method);
    head.append(" ").append(target).append(" HTTP/1.1\r\nHost: test\r\n");
    if (method == "POST") head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    if (!write(head + "\r\n" + std::string(body))) return "";
    return answer();
  }
  /// The next answer. What follows it is read later.
  std::string answer() {
    constexpr std::string_view kLength = "Content-Length: ";
    std::string all;
    for (;;) {
      const auto end = all.find("\r\n\r\n");
      const auto length = all.find(kLength);
      if (end != std::string::npos && length < end) {
        const std::size_t size = std::stoul(all.substr(length + kLength.size()));
        if (all.size() >= end + 4 + size) {
          unread_ = all.substr(end + 4 + size);
          return all.substr(0, end + 4 + size);
        }
      }
      const std::string more = read();
      if (more.empty()) return all;
      all += more;
    }
  }
  void shut() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
  std::string unread_;  // taken from the kernel, behind the last answer
};

/// What stands behind the head of an answer.
inline std::string body_of(const std::string& answer) {
  const auto end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

}  // namespace belfry::testing
