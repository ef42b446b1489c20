#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

class Swarm;

/// One Socket.IO client over WebSocket on namespace `/`, owned by its Swarm. It answers the server's pings by
/// itself.
class Client {
 public:
  enum class State { kConnecting, kUpgrading, kOpening, kJoining, kOpen, kClosed };

  Client(Swarm& swarm, std::size_t index) : swarm_(swarm), index_(index) {}
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  std::size_t index() const { return index_; }
  State state() const { return state_; }

  /// Queues a Socket.IO packet, as text with the Engine.IO type in front (`42["x"]`); it leaves with the next
  /// flush.
  void send(std::string_view packet);

 private:
  friend class Swarm;

  /// Begins to connect; why not, or nullptr.
  const char* start();
  /// Each returns why the connection has to end, or nullptr.
  const char* on_ready(std::uint32_t events);
  const char* on_connected();
  const char* on_readable();
  const char* on_bytes(std::string_view& bytes);
  const char* on_response(std::string_view& bytes);
  const char* on_packet(std::string_view packet, std::int64_t received_ns);
  const char* flush();
  void want_write(bool wanted);
  void mark_dirty();

  Swarm& swarm_;
  std::size_t index_;
  int fd_ = -1;
  State state_ = State::kConnecting;
  bool dirty_ = false;
  bool waits_to_write_ = false;
  std::string unread_;  ///< the start of a frame or response that has not come whole
  std::string unsent_;
};

}  // namespace bench
