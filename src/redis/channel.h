// Bytes to and from one Redis server: a TCP connection or a Unix socket, in TLS where that is asked for.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/redis.h"
#include "belfry/result.h"
#include "net/tls_session.h"
#include "runtime/shard.h"

namespace belfry::redis {

/// One attempt: it looks the name up, tries its addresses in turn, shakes hands and carries bytes until it is
/// closed, and then has no further use. Belongs to a Link, on the client's thread. Sets no time limits: its
/// owner closes it. Must not be destroyed from within one of its calls.
class Channel {
 public:
  struct Events {
    std::function<void()> opened;
    std::function<void(std::string_view)> received;
    std::function<void()> drained;             ///< all that was written has left
    std::function<void(const Error&)> closed;  ///< by the other side or by a failure; nothing follows
  };

  /// `tls` is null where none is spoken; `server_name` is what the certificate must have.
  Channel(runtime::Shard& shard, RedisAddress address, std::shared_ptr<const net::TlsContext> tls,
          std::string server_name, Events events);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  void open();
  void close();

  /// Keeps them until `flush`. Once open.
  void write(std::string_view bytes);
  /// Offers what is kept to the kernel; what it does not take leaves later, by itself.
  void flush();
  std::size_t unsent() const;

 private:
  struct Lookup;
  struct Stream;
  struct Endpoint;

  void on_found(int status, const void* found);
  void connect_next();
  void on_connected(int status);
  void on_received(std::string_view bytes);
  void read_tls(std::string_view bytes);
  void on_written(int status);
  void fail(std::string why);

  runtime::Shard& shard_;
  const RedisAddress address_;
  const std::shared_ptr<const net::TlsContext> tls_context_;
  const std::string server_name_;
  const Events events_;
  bool is_closed_ = false;
  bool is_open_ = false;
  Lookup* lookup_ = nullptr;         // libuv's until it has called back
  std::vector<Endpoint> endpoints_;  // that have not been tried
  Stream* stream_ = nullptr;         // libuv's until it has closed it
  std::unique_ptr<net::TlsSession> tls_;
  std::string out_;  // encrypted, with TLS
  bool is_writing_ = false;
};

}  // namespace belfry::redis
