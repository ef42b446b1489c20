// One TCP connection of a client.
#pragma once

#include <uv.h>

#include <memory>
#include <string>

#include "core/intrusive_list.h"
#include "core/message.h"
#include "core/message_queue.h"
#include "core/networks.h"
#include "net/layers.h"
#include "net/shard_io.h"
#include "runtime/timer_queue.h"

namespace belfry::net {

/// Lives on its shard and owns itself: it is destroyed after it has ended. Reading holds no buffer; writes
/// are gathered until the end of the turn.
class Connection : public ListHook<ConnectionTag> {
 public:
  /// A socket on its way from one shard to another, with what its connection knows.
  struct Moved {
    int fd = -1;
    std::unique_ptr<Layers> layers = {};
  };

  /// Takes such a socket, whose pump is to be set before anything else, and then `read_rest` called; null
  /// where it is of no use any more.
  static Connection* adopt(ShardIo& io, Moved moved);
  /// Takes the next connection that waits at a listener, likewise.
  static Connection* accept(ShardIo& io, uv_stream_t* listener);

  /// Opens one to `host`, a name or an address. Nothing may be sent before its pump is told that it stands;
  /// where it fails, `on_closed` comes instead, at once perhaps.
  static Connection* dial(ShardIo& io, const std::string& host, int port, std::unique_ptr<Pump> pump);

  /// A PROXY header, TLS, or both, before anything is read; they must be through in `handshake_timeout`.
  void set_layers(std::unique_ptr<Layers> layers);
  /// Gives the pump what came with the socket from another shard.
  void read_rest();

  ShardIo& io() const { return io_; }
  /// Replaces what reads it; the old pump lives until the end of the turn.
  void set_pump(std::unique_ptr<Pump> pump);

  void send(const MessageRef& message);
  /// `greeting`: what follows it leaves after the greeting gap.
  void send_bytes(std::string bytes, bool greeting = false);
  /// What the kernel has not taken yet.
  std::size_t queued_bytes() const { return queue_.bytes() + tcp_.write_queue_size; }
  /// Has the pump told when all that is queued now, and what is added until then, has been written.
  void tell_when_written() { tell_written_ = true; }
  /// Whether the kernel has refused bytes at the last write.
  bool congested() const { return writing_; }
  /// Drops what has not begun to leave; returns how many bytes that were.
  std::size_t discard() { return queue_.discard(); }

  /// Reads nothing more of the client until it is told otherwise.
  void pause(bool on);

  /// Writes what is queued, then ends. What the client still sends is read and dropped for a while, so that
  /// the last bytes reach it.
  void close();
  /// Ends now. The pump is told.
  void abort();
  /// Gives up the socket, and ends without a word to the pump or the client. What is queued leaves first; a
  /// client that does not read it is cut off, the descriptor is -1 then.
  Moved release();

  /// What is counted for this connection as long as it is open.
  void keep(std::shared_ptr<const void> lease) { lease_ = std::move(lease); }
  const std::shared_ptr<const void>& lease() const { return lease_; }

  /// The client's address as text: the one that the PROXY header names, or the socket's, of which that of a
  /// Unix socket is `kUnixPeer`; empty where it has gone.
  std::string peer_address() const;
  /// Whether it speaks TLS.
  bool secure() const;
  /// Whether another server of the cluster brings what it forwards.
  bool from_peer() const { return layers_ != nullptr && layers_->from_peer; }
  /// The client for whom it comes. Only then.
  void set_client_address(std::string address) { layers_->peer_address = std::move(address); }

 private:
  friend class ShardIo;
  enum class State : std::uint8_t {
    open,
    closing /* writes the rest */,
    draining /* waits for the client */,
    closed
  };
  struct Write;
  struct Dial;

  explicit Connection(ShardIo& io);
  ~Connection();
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp_); }
  Connection* start(int status);
  void tune();
  int read_start();
  void on_read(ssize_t size, char* data);
  void on_end(bool half);
  void dial_to(const sockaddr* address);
  void forget_dial();
  void flush();
  std::size_t write_now();
  void write_when_possible();
  void rest();
  void start_write(std::vector<MessageRef> messages, std::size_t offset);
  void on_written(int status);
  std::size_t unacknowledged() const;
  void watch_write();
  void tell_drained();
  void mark_dirty();
  void drain();
  void tell_pump();
  void end();
  Tally& count(ProxyFailure failure);
  Tally& count(TlsFailure failure);
  void count_handshake();
  void count_lost();
  void read_through_layers(char* data, std::size_t size);
  void read_tls();
  void refuse(Tally& reason);
  bool flush_tls();
  bool send_sealed(std::string bytes);

  ShardIo& io_;
  uv_tcp_t tcp_;
  std::unique_ptr<Pump> pump_;
  std::unique_ptr<Layers> layers_;  // null: the pump reads what the socket brings
  MessageQueue queue_;
  bool is_dirty_ = false;   // in the list of its shard
  bool over_mark_ = false;  // more waited than the mark, and not yet half of it again
  bool writing_ = false;    // the kernel was full; libuv writes when it can
  bool tell_written_ = false;
  State state_ = State::open;
  Dial* dial_ = nullptr;         // while its name is being looked up
  std::uint64_t read_turn_ = 0;  // of the shard, in which it was read last
  std::shared_ptr<const void> lease_;
  std::unique_ptr<runtime::Timer> linger_;
  std::unique_ptr<runtime::Timer> stall_;  // while libuv writes
  std::unique_ptr<runtime::Timer> rest_;   // set: nothing is written until then
};

}  // namespace belfry::net
