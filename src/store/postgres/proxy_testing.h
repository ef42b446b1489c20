// A link to PostgreSQL that a test can cut.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "store/postgres/url.h"

namespace belfry::store::testing {

/// Passes on what comes, on the loopback; on a thread of its own, until it is destroyed.
class CutProxy {
 public:
  explicit CutProxy(const PostgresTarget& server) : target_(server) {
    server_ = address(std::stoi(value(server, "port")));
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in own = address(0);
    socklen_t size = sizeof own;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&own), size);
    ::listen(listener_, 16);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&own), &size);
    target_.parameters.emplace_back("host", "127.0.0.1");
    target_.parameters.emplace_back("port", std::to_string(ntohs(own.sin_port)));
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  ~CutProxy() {
    thread_ = {};
    ::close(listener_);
  }
  CutProxy(const CutProxy&) = delete;
  CutProxy& operator=(const CutProxy&) = delete;

  /// The server, by way of this.
  const PostgresTarget& target() const { return target_; }
  /// Cuts every link, and each new one at once.
  void refuse() { set_refusing(true); }
  void accept() { set_refusing(false); }
  /// Once: cuts the link on which the client sends this, as soon as the server has answered, before the
  /// answer is passed on.
  void cut_after(std::string word) {
    std::lock_guard lock(mutex_);
    word_ = std::move(word);
  }

 private:
  struct Link {
    int client;
    int server;
    bool doomed = false;
  };

  static std::string value(const PostgresTarget& target, std::string_view name) {
    const auto found =
        std::ranges::find(target.parameters, name, &std::pair<std::string, std::string>::first);
    return found == target.parameters.end() ? "5432" : found->second;
  }
  static sockaddr_in address(int port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(static_cast<std::uint16_t>(port));
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return out;
  }
  void set_refusing(bool refusing) {
    std::lock_guard lock(mutex_);
    refusing_ = refusing;
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::vector<pollfd> entries{{.fd = listener_, .events = POLLIN, .revents = 0}};
      for (const Link& link : links_) {
        entries.push_back({.fd = link.client, .events = POLLIN, .revents = 0});
        entries.push_back({.fd = link.server, .events = POLLIN, .revents = 0});
      }
      ::poll(entries.data(), entries.size(), 5);
      std::lock_guard lock(mutex_);
      const std::size_t known = links_.size();
      if (entries[0].revents != 0) add_link();
      for (std::size_t i = known; i-- > 0;) {
        const bool whole = !refusing_ && pass(links_[i], entries[1 + 2 * i], entries[2 + 2 * i]);
        if (!whole) drop(i);
      }
      if (refusing_) drop_all();
    }
    drop_all();
  }

  void add_link() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::connect(server, reinterpret_cast<const sockaddr*>(&server_), sizeof server_);
    links_.push_back({.client = client, .server = server});
  }

  // False: the link is to be cut.
  bool pass(Link& link, const pollfd& from_client, const pollfd& from_server) {
    std::array<char, 65'536> buffer;
    if (from_client.revents != 0) {
      const auto size = ::recv(link.client, buffer.data(), buffer.size(), 0);
      if (size <= 0) return false;
      const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
      if (!word_.empty() && bytes.contains(word_)) {
        link.doomed = true;
        word_.clear();
      }
      ::send(link.server, buffer.data(), bytes.size(), MSG_NOSIGNAL);
    }
    if (from_server.revents != 0) {
      const auto size = ::recv(link.server, buffer.data(), buffer.size(), 0);
      if (size <= 0 || link.doomed) return false;
      ::send(link.client, buffer.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL);
    }
    return true;
  }

  void drop(std::size_t index) {
    ::close(links_[index].client);
    ::close(links_[index].server);
    links_.erase(links_.begin() + static_cast<std::ptrdiff_t>(index));
  }
  void drop_all() {
    while (!links_.empty()) drop(links_.size() - 1);
  }

  PostgresTarget target_;
  sockaddr_in server_{};
  int listener_ = -1;
  std::mutex mutex_;  // protects what follows
  bool refusing_ = false;
  std::string word_;
  std::vector<Link> links_;  // the thread's
  std::jthread thread_;
};

}  // namespace belfry::store::testing
