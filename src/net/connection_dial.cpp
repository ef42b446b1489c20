// A connection that is opened by this side.
#include "net/connection.h"

namespace belfry::net {

// Owned by the look-up and the attempt to connect, whose callbacks come in every case.
struct Connection::Dial {
  union {
    uv_getaddrinfo_t lookup;
    uv_connect_t connect;
  };
  Connection* connection;  // null once that has ended
};

Connection* Connection::dial(ShardIo& io, const std::string& host, int port, std::unique_ptr<Pump> pump) {
  auto* connection = new Connection(io);
  connection->pump_ = std::move(pump);
  sockaddr_storage address{};
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (uv_ip4_addr(host.c_str(), port, reinterpret_cast<sockaddr_in*>(any)) == 0 ||
      uv_ip6_addr(host.c_str(), port, reinterpret_cast<sockaddr_in6*>(any)) == 0) {
    connection->dial_to(any);
    return connection;
  }
  auto* dial = new Dial{.lookup = {}, .connection = connection};
  dial->lookup.data = dial;
  const auto on_found = [](uv_getaddrinfo_t* request, int status, addrinfo* found) {
    const std::unique_ptr<Dial> done(static_cast<Dial*>(request->data));
    const std::unique_ptr<addrinfo, decltype(&uv_freeaddrinfo)> addresses(found, &uv_freeaddrinfo);
    if (done->connection == nullptr) return;
    done->connection->dial_ = nullptr;
    if (status != 0) return done->connection->abort();
    done->connection->dial_to(addresses->ai_addr);
  };
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  if (uv_getaddrinfo(io.shard().loop(), &dial->lookup, on_found, host.c_str(), std::to_string(port).c_str(),
                     &hints) != 0) {
    delete dial;
    connection->abort();
    return connection;
  }
  connection->dial_ = dial;
  return connection;
}

void Connection::dial_to(const sockaddr* address) {
  auto* dial = new Dial{.connect = {}, .connection = this};
  dial->connect.data = dial;
  const auto on_connected = [](uv_connect_t* request, int status) {
    const std::unique_ptr<Dial> done(static_cast<Dial*>(request->data));
    Connection& self = *done->connection;  // its handle is closed after this
    if (self.state_ == State::closed) return;
    if (status != 0 || self.read_start() != 0) return self.abort();
    self.tune();
    self.pump_->on_connected();
  };
  if (uv_tcp_connect(&dial->connect, &tcp_, address, on_connected) != 0) {
    delete dial;
    abort();
  }
}

void Connection::forget_dial() {
  if (dial_ != nullptr) std::exchange(dial_, nullptr)->connection = nullptr;
}

}  // namespace belfry::net
