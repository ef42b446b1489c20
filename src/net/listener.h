// The listening sockets of a port: one a shard.
#pragma once

#include <uv.h>

#include <memory>
#include <string>
#include <vector>

#include "belfry/result.h"
#include "net/layers.h"
#include "net/site.h"

namespace belfry::net {

class Connection;

/// A bound socket, not yet listening.
struct BoundSocket {
  int fd = -1;
  int port = 0;
};

/// Binds `count` sockets to one address and port; port 0: one that is free. Fails with `unavailable` where
/// the port is taken, `invalid` where the host is no address or name of this machine.
Result<std::vector<BoundSocket>> bind_sockets(const std::string& host, int port, unsigned count);

/// The address of this machine from which that one is reached; asks the routing table and sends nothing, but
/// looking up a name may block. Fails with `invalid` where the host is no address or name, `unavailable`
/// where no way leads there.
Result<std::string> own_address_towards(const std::string& host, int port);

/// What a listener's connections speak; `peer`: HTTP, with what other servers of the cluster forward.
enum class Speaks : std::uint8_t { plain, tls, peer };

/// Accepts connections for its shard. Built and started before the shard's loop runs or on its thread, closed
/// there. `tls` needs the site's context.
class Listener {
 public:
  Listener(Site& site, int fd, Speaks speaks);
  ~Listener() { close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  Result<void> start();
  /// Refuses new connections. Idempotent.
  void close();

 private:
  void on_connection(int status);
  std::unique_ptr<Layers> make_layers() const;
  bool admit(Connection& connection);

  Site& site_;
  const Speaks speaks_;
  uv_tcp_t* tcp_;  // null once closed; freed by its loop
};

}  // namespace belfry::net
