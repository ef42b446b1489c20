#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client.h"

namespace bench {

/// Whom to connect to, and how.
struct Target {
  std::string host;                  ///< an IPv4 address
  std::vector<std::uint16_t> ports;  ///< of each server; clients take them in turn
  std::size_t handshakes_at_once = 64;
  std::int64_t timeout_ns = 0;  ///< how long to wait for anything without any progress
};

/// What a mode does with what arrives. All calls come from within Swarm::turn().
class Listener {
 public:
  virtual ~Listener() = default;
  /// What a client sends with its CONNECT, as JSON; empty: nothing.
  virtual std::string connect_payload(const Client&) { return {}; }
  /// A client is connected to the namespace. A mode that has more to do (join a room) returns false and calls
  /// Swarm::ready() when done.
  virtual bool on_connect(Client&) { return true; }
  /// An event: the JSON array behind `42`.
  virtual void on_event(Client&, std::string_view, std::int64_t /*received_ns*/) {}
  /// An acknowledgement: its number, and the JSON array behind it.
  virtual void on_ack(Client&, std::uint64_t, std::string_view, std::int64_t /*received_ns*/) {}
};

/// All clients of a run on one epoll loop and one thread. What is queued for a connection during a turn
/// leaves in one write at its end; what has arrived is read in one read.
class Swarm {
 public:
  Swarm(Target target, Listener& listener);
  ~Swarm();
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  /// Opens `count` more clients and waits until each is ready. False, with last_error(), when one fails or
  /// nothing moves for the time-out.
  bool open(std::size_t count);
  /// Waits for events until `until_ns` at the latest, and handles them.
  void turn(std::int64_t until_ns);
  /// Turns until `done`; false when `progress` stays the same for `quiet_ns`.
  bool run_until(const std::function<bool()>& done, const std::function<std::uint64_t()>& progress,
                 std::int64_t quiet_ns);
  void run_for(std::int64_t duration_ns);
  void ready(Client& client);

  Client& client(std::size_t index) { return *clients_[index]; }
  std::size_t size() const { return clients_.size(); }
  std::size_t ready_count() const { return ready_; }
  /// Connections that ended after they had been ready, and the last reason.
  std::size_t dropped_count() const { return dropped_; }
  const std::string& last_error() const { return last_error_; }
  std::int64_t timeout_ns() const { return target_.timeout_ns; }

 private:
  friend class Client;

  void end(Client& client, const char* why);
  void flush();
  sockaddr_in source_address(std::size_t index) const;
  sockaddr_in server_address(std::size_t index) const;

  Target target_;
  Listener& listener_;
  int epoll_fd_;
  in_addr host_{};
  std::string request_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Client*> dirty_;
  std::vector<char> read_buffer_;
  std::size_t ready_ = 0;
  std::size_t failed_ = 0;
  std::size_t dropped_ = 0;
  std::string last_error_;
  std::uint32_t mask_;
};

}  // namespace bench
