// What the connections of one shard share.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "core/intrusive_list.h"
#include "core/metrics.h"
#include "net/deflate_budget.h"
#include "net/options.h"
#include "net/proxy_header.h"
#include "net/tls_session.h"
#include "runtime/shard.h"

namespace belfry::net {

class Connection;
class ShardDeflate;
struct ConnectionTag;

/// What reads a connection: HTTP first, a WebSocket after an upgrade. Owned by its connection.
class Pump {
 public:
  virtual ~Pump() = default;
  /// `data` is the shard's read buffer: good for the call, and may be written to.
  virtual void on_bytes(char* data, std::size_t size) = 0;
  /// The connection that it was dialled for stands.
  virtual void on_connected() {}
  /// All that was sent has been taken by the kernel; called once for each `tell_when_written`.
  virtual void on_written() {}
  /// The server stops: nothing new is to be begun.
  virtual void on_shutdown() = 0;
  /// What waited to be sent was over the mark, and has fallen below half of it.
  virtual void on_drained() {}
  /// The client has taken nothing for too long; the connection ends after this.
  virtual void on_stalled() {}
  /// The connection has ended; called once, last.
  virtual void on_closed() = 0;
};

/// Lives on its shard. Counts and ends the connections; gathers what a turn of the loop wants to write.
class ShardIo {
 public:
  /// One read takes at most this much.
  static constexpr std::size_t kReadBufferBytes = 128 * 1024;
  /// One write joins at most this much of small messages.
  static constexpr std::size_t kJoinBytes = 64 * 1024;
  /// A pump gets at most this much at once of what TLS has decrypted.
  static constexpr std::size_t kPlainBytes = 64 * 1024;

  ShardIo(runtime::Shard& shard, const Options& options, DeflateBudget& budget);
  ~ShardIo();

  runtime::Shard& shard() const { return shard_; }
  const Options& options() const { return options_; }
  std::size_t connections() const { return count_; }
  /// Null: compression is not offered.
  ShardDeflate* deflate() const { return deflate_.get(); }

  /// Of all connections. Any thread may read it.
  struct Metrics {
    Tally bytes_in;
    Tally bytes_out;
    Tally tls_handshakes;
    Tally tls_resumed;                                                          // of those
    std::array<Tally, static_cast<std::size_t>(TlsFailure::count)> tls_failed;  // by why
    std::array<Tally, static_cast<std::size_t>(ProxyFailure::count)> proxy_failed;
    Tally coalesced;             // messages that a newer one of their key has made needless
    Tally too_many_connections;  // of one address, closed at once
    Tally too_often_connected;   // likewise
  };
  const Metrics& metrics() const { return metrics_; }
  Metrics& metrics() { return metrics_; }

  /// Run before the writes of a turn: what may still add to them.
  void before_flush(std::function<void()> hook) { hooks_.push_back(std::move(hook)); }
  /// Keeps a pump until the end of the turn: it may be what is running.
  void retire(std::unique_ptr<Pump> pump) { retired_.push_back(std::move(pump)); }
  /// Tells every pump that the server stops.
  void shut_down();
  /// Ends every connection at once.
  void abort_all();

 private:
  friend class Connection;
  void flush();
  /// Where TLS decrypts to; made when it is first needed.
  char* plain_buffer();

  runtime::Shard& shard_;
  const Options options_;
  const std::unique_ptr<char[]> read_buffer_;
  const std::unique_ptr<char[]> join_buffer_;
  std::unique_ptr<char[]> plain_buffer_;
  const std::unique_ptr<ShardDeflate> deflate_;
  std::vector<std::function<void()>> hooks_;
  std::vector<Connection*> dirty_;  // with something to write
  std::vector<Connection*> flushing_;
  std::vector<std::unique_ptr<Pump>> retired_;
  IntrusiveList<Connection, ConnectionTag> open_;
  std::size_t count_ = 0;
  std::uint64_t turn_ = 1;  // of the loop
  Metrics metrics_;
};

}  // namespace belfry::net
