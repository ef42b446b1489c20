#include "swarm.h"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "clock.h"

namespace bench {
namespace {

constexpr std::size_t kReadBufferBytes = 512 << 10;
constexpr std::size_t kConnectionsPerAddress = 20'000;  // of the 28,000 ephemeral ports there are by default

}  // namespace

Swarm::Swarm(Target target, Listener& listener)
    : target_(std::move(target)),
      listener_(listener),
      epoll_fd_(epoll_create1(EPOLL_CLOEXEC)),
      read_buffer_(kReadBufferBytes),
      mask_(static_cast<std::uint32_t>(now_ns())) {
  if (inet_pton(AF_INET, target_.host.c_str(), &host_) != 1) last_error_ = "not an IPv4 address";
  request_ =
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: " + target_.host +
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Version: 13\r\n\r\n";
}

Swarm::~Swarm() {
  close(epoll_fd_);
}

/// 127.0.0.1, 127.0.0.2… towards the loopback, so that ports do not run short; any address towards another
/// host.
sockaddr_in Swarm::source_address(std::size_t index) const {
  sockaddr_in source{};
  source.sin_family = AF_INET;
  if ((ntohl(host_.s_addr) >> 24) == 127) {
    source.sin_addr.s_addr =
        htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(index / kConnectionsPerAddress));
  }
  return source;
}

sockaddr_in Swarm::server_address(std::size_t index) const {
  return {.sin_family = AF_INET,
          .sin_port = htons(target_.ports[index % target_.ports.size()]),
          .sin_addr = host_,
          .sin_zero = {}};
}

bool Swarm::open(std::size_t count) {
  if (!last_error_.empty()) return false;
  const std::size_t wanted = clients_.size() + count;
  const std::size_t failed_before = failed_;
  const auto start_more = [&] {
    const std::size_t settled = ready_ + dropped_ + failed_;
    while (clients_.size() < wanted && clients_.size() - settled < target_.handshakes_at_once) {
      clients_.push_back(std::make_unique<Client>(*this, clients_.size()));
      if (const char* why = clients_.back()->start()) {
        end(*clients_.back(), why);
        return;
      }
    }
  };
  const auto done = [&] {
    if (failed_ == failed_before) start_more();
    return failed_ > failed_before || ready_ + dropped_ + failed_ == wanted;
  };
  const bool moved = run_until(done, [&] { return ready_ + clients_.size(); }, target_.timeout_ns);
  if (!moved) last_error_ = "no progress while connecting";
  return moved && failed_ == failed_before;
}

void Swarm::ready(Client& client) {
  if (client.state_ != Client::State::kJoining) return;
  client.state_ = Client::State::kOpen;
  ++ready_;
}

void Swarm::turn(std::int64_t until_ns) {
  flush();
  const std::int64_t wait_ns = std::max<std::int64_t>(until_ns - now_ns(), 0);
  const timespec wait{.tv_sec = wait_ns / kSecondNs, .tv_nsec = wait_ns % kSecondNs};
  std::array<epoll_event, 256> events;
  const int count = epoll_pwait2(epoll_fd_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
  for (int i = 0; i < count; ++i) {
    Client& client = *static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (client.state_ == Client::State::kClosed) continue;
    if (const char* why = client.on_ready(events[static_cast<std::size_t>(i)].events)) end(client, why);
  }
  flush();
}

void Swarm::flush() {
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    Client& client = *dirty_[i];
    client.dirty_ = false;
    if (client.state_ == Client::State::kClosed || client.waits_to_write_) continue;
    if (const char* why = client.flush()) end(client, why);
  }
  dirty_.clear();
}

void Swarm::end(Client& client, const char* why) {
  last_error_ = why;
  if (client.state_ == Client::State::kOpen) {
    --ready_;
    ++dropped_;
  } else {
    ++failed_;
  }
  client.state_ = Client::State::kClosed;
  close(client.fd_);
  client.fd_ = -1;
}

bool Swarm::run_until(const std::function<bool()>& done, const std::function<std::uint64_t()>& progress,
                      std::int64_t quiet_ns) {
  std::uint64_t last = progress();
  std::int64_t last_change_ns = now_ns();
  while (!done()) {
    turn(last_change_ns + quiet_ns);
    const std::int64_t time_ns = now_ns();
    if (const std::uint64_t current = progress(); current != last) {
      last = current;
      last_change_ns = time_ns;
    } else if (time_ns - last_change_ns >= quiet_ns) {
      return done();
    }
  }
  return true;
}

void Swarm::run_for(std::int64_t duration_ns) {
  const std::int64_t end_ns = now_ns() + duration_ns;
  while (now_ns() < end_ns) turn(end_ns);
}

}  // namespace bench
