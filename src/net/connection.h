// One TCP connection of a client.
#pragma once

#include <uv.h>

#include <memory>
#include <string>

#include "core/intrusive_list.h"
#include "core/message.h"
#include "core/message_queue.h"
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
  /// What the kernel has not taken yet.
  std::size_t queued_bytes() const { return queue_.bytes() + tcp_.write_queue_size; }
  /// Whether the kernel has refused bytes at the last write.
  bool congested() const { return writing_; }
  /// Drops what has not begun to leave; returns how many bytes that were.
  std::size_t discard() { return queue_.discard(); }

  /// Writes what is queued, then ends. What the client still sends is read and dropped for a while, so that
  /// the last bytes reach it.
  void close();
  /// Ends now. The pump is told.
  void abort();
  /// Gives up the socket: returns a descriptor of it, and ends without a word to the pump or the client.
  int release();

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
  void on_read(ssize_t size, char* data);
  void flush();
  std::size_t write_now();
  void write_when_possible();
  void on_written(int status);
  std::size_t unacknowledged() const;
  void watch_write();
  void tell_drained();
  void mark_dirty();
  void drain();
  void tell_pump();
  void end();

  ShardIo& io_;
  uv_tcp_t tcp_;
  std::unique_ptr<Pump> pump_;
  MessageQueue queue_;
  bool is_dirty_ = false;   // in the list of its shard
  bool over_mark_ = false;  // more waited than the mark, and not yet half of it again
  bool writing_ = false;    // the kernel was full; libuv writes when it can
  State state_ = State::open;
  std::unique_ptr<runtime::Timer> linger_;
  std::unique_ptr<runtime::Timer> stall_;  // while libuv writes
};

}  // namespace belfry::net
