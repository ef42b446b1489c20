// One TCP connection of a client.
#pragma once

#include <uv.h>

#include <memory>
#include <string>
#include <vector>

#include "core/intrusive_list.h"
#include "core/message.h"
#include "net/shard_io.h"
#include "runtime/timer_queue.h"

namespace belfry::net {

/// Lives on its shard and owns itself: it is destroyed after it has ended. Reading holds no buffer; writes
/// are gathered until the end of the turn.
class Connection : public ListHook<ConnectionTag> {
 public:
  /// Takes a connected socket, whose pump is to be set before anything else; null where it is of no use any
  /// more.
  static Connection* adopt(ShardIo& io, int fd);
  /// Takes the next connection that waits at a listener, likewise.
  static Connection* accept(ShardIo& io, uv_stream_t* listener);

  ShardIo& io() const { return io_; }
  /// Replaces what reads it; the old pump lives until the end of the turn.
  void set_pump(std::unique_ptr<Pump> pump);

  void send(const MessageRef& message);
  void send_bytes(std::string bytes);
  std::size_t queued_bytes() const { return queued_bytes_; }
  /// Whether the kernel has refused bytes at the last write.
  bool congested() const { return writing_; }

  /// Reads nothing more of the client until it is told otherwise.
  void pause(bool on);

  /// Writes what is queued, then ends. What the client still sends is read and dropped for a while, so that
  /// the last bytes reach it.
  void close();
  /// Ends now. The pump is told.
  void abort();
  /// Gives up the socket: returns a descriptor of it, and ends without a word to the pump or the client.
  int release();

  /// What is counted for this connection as long as it is open.
  void keep(std::shared_ptr<const void> lease) { lease_ = std::move(lease); }
  const std::shared_ptr<const void>& lease() const { return lease_; }

  /// The client's address as text; empty where it has gone.
  std::string peer_address() const;

 private:
  friend class ShardIo;
  enum class State : std::uint8_t {
    open,
    closing /* writes the rest */,
    draining /* waits for the client */,
    closed
  };
  struct Write;

  explicit Connection(ShardIo& io);
  ~Connection();
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp_); }
  Connection* start(int status);
  int read_start();
  void on_read(ssize_t size, char* data);
  void flush();
  std::string_view front_bytes() const;
  std::size_t write_now();
  void take_written(std::size_t bytes);
  void write_when_possible();
  void on_written(int status);
  void mark_dirty();
  void drain();
  void tell_pump();
  void end();

  ShardIo& io_;
  uv_tcp_t tcp_;
  std::unique_ptr<Pump> pump_;
  std::vector<MessageRef> queue_;
  std::size_t first_offset_ = 0;  // what has been written of the first message in the queue
  std::size_t queued_bytes_ = 0;
  bool is_dirty_ = false;  // in the list of its shard
  bool writing_ = false;   // the kernel was full; libuv writes when it can
  State state_ = State::open;
  std::uint64_t read_turn_ = 0;  // of the shard, in which it was read last
  std::shared_ptr<const void> lease_;
  std::unique_ptr<runtime::Timer> linger_;
};

}  // namespace belfry::net
