#include "net/listener.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>

#include "net/address_gate.h"
#include "net/connection.h"
#include "net/http_pump.h"

namespace belfry::net {

namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Result<AddressList> resolve(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return fail_field("host", host + ": " + gai_strerror(error));
  return AddressList(found, &freeaddrinfo);
}

int port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

// `share`: other sockets of ours may have the same port.
Result<BoundSocket> bind_one(const addrinfo& address, const std::string& where, bool share) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(ErrorKind::unavailable, std::string("no socket: ") + std::strerror(errno));
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (share) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (bind(fd, address.ai_addr, address.ai_addrlen) != 0) {
    const std::string why = std::strerror(errno);
    ::close(fd);
    return fail(ErrorKind::unavailable, "cannot listen on " + where + ": " + why);
  }
  return BoundSocket{fd, port_of(fd)};
}

}  // namespace

Result<std::vector<BoundSocket>> bind_sockets(const std::string& host, int port, unsigned count) {
  const std::string where = host + " port " + std::to_string(port);
  auto list = resolve(host, port);
  if (!list) return std::unexpected(list.error());
  // A socket that does not share tells whether another program has the port: sharing would split its
  // connections.
  auto probe = bind_one(**list, where, false);
  if (!probe) return std::unexpected(probe.error());
  ::close(probe->fd);

  std::vector<BoundSocket> bound;
  for (unsigned i = 0; i < count; ++i) {
    if (i == 1 && port == 0) {
      list = resolve(host, bound.front().port);
      if (!list) return std::unexpected(list.error());
    }
    auto one = bind_one(**list, where, true);
    if (!one) {
      for (const auto& earlier : bound) ::close(earlier.fd);
      return std::unexpected(one.error());
    }
    bound.push_back(*one);
  }
  return bound;
}

Result<std::string> own_address_towards(const std::string& host, int port) {
  const auto list = resolve(host, port);
  if (!list) return std::unexpected(list.error());
  const addrinfo& there = **list;
  const int fd = socket(there.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  const bool found = fd >= 0 && connect(fd, there.ai_addr, there.ai_addrlen) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0;
  const std::string why = std::strerror(errno);
  if (fd >= 0) ::close(fd);
  if (!found) return fail(ErrorKind::unavailable, "no way to " + host + ": " + why);
  std::array<char, NI_MAXHOST> text{};
  const int error = getnameinfo(reinterpret_cast<const sockaddr*>(&own), size, text.data(), text.size(),
                                nullptr, 0, NI_NUMERICHOST);
  if (error != 0) return fail(ErrorKind::unavailable, "no way to " + host + ": " + gai_strerror(error));
  return std::string(text.data());
}

Listener::Listener(Site& site, int fd, Speaks speaks) : site_(site), speaks_(speaks), tcp_(new uv_tcp_t) {
  uv_tcp_init(site_.io.shard().loop(), tcp_);
  tcp_->data = this;
  if (uv_tcp_open(tcp_, fd) != 0) ::close(fd);
}

Result<void> Listener::start() {
  const auto on_connection = [](uv_stream_t* stream, int status) {
    static_cast<Listener*>(stream->data)->on_connection(status);
  };
  const int status =
      uv_listen(reinterpret_cast<uv_stream_t*>(tcp_), site_.io.options().backlog, on_connection);
  if (status != 0) return fail(ErrorKind::unavailable, std::string("cannot listen: ") + uv_strerror(status));
  return {};
}

void Listener::on_connection(int status) {
  if (status != 0) return;
  Connection* connection = Connection::accept(site_.io, reinterpret_cast<uv_stream_t*>(tcp_));
  if (connection == nullptr || !admit(*connection)) return;
  connection->set_pump(std::make_unique<HttpPump>(*connection, site_));
  if (auto layers = make_layers(); layers != nullptr) connection->set_layers(std::move(layers));
}

std::unique_ptr<Layers> Listener::make_layers() const {
  const bool proxied = site_.io.options().proxy_protocol && speaks_ != Speaks::peer;
  if (!proxied && speaks_ == Speaks::plain) return nullptr;
  auto layers = std::make_unique<Layers>();
  layers->from_peer = speaks_ == Speaks::peer;
  if (proxied) layers->proxy = std::make_unique<ProxyHeader>();
  if (speaks_ == Speaks::tls) layers->tls = std::make_unique<TlsSession>(site_.tls->get());
  return layers;
}

// False: its address has opened enough, and it has been closed.
bool Listener::admit(Connection& connection) {
  // Behind a PROXY header the address is the proxy's until that has come: who is behind it is asked then,
  // when a session is opened.
  // Likewise with other servers, which come for many.
  if (site_.addresses == nullptr || site_.io.options().proxy_protocol || speaks_ == Speaks::peer) return true;
  auto admission = site_.addresses->connection(connection.peer_address());
  if (admission.admitted()) {
    connection.keep(std::move(admission.lease));
    return true;
  }
  const bool often = admission.answer.verdict == AddressTable::Verdict::too_often;
  auto& metrics = site_.io.metrics();
  (often ? metrics.too_often_connected : metrics.too_many_connections).add(1);
  connection.abort();
  return false;
}

void Listener::close() {
  if (tcp_ == nullptr) return;
  const auto free_handle = [](uv_handle_t* handle) { delete reinterpret_cast<uv_tcp_t*>(handle); };
  uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(tcp_, nullptr)), free_handle);
}

}  // namespace belfry::net
