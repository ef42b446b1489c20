// The limit to measure against: an epoll loop that does the system calls a bench server cannot do without,
// and next to nothing else. It understands exactly what bench_load writes (one handshake key, no escapes,
// whole packets), so it is no server for anyone else. PORT from the environment; `bare send` gives every
// message and connection a send() of its own, `bare join` puts what one wake-up brought into one send() a
// connection. One thread.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

struct Room;

struct Connection {
  explicit Connection(int socket) : fd(socket) {}
  int fd;
  bool upgraded = false;
  std::vector<Room*> rooms;
  std::string unread;   // the start of a frame
  std::string replies;  // of this wake-up
  std::string unsent;   // what the socket did not take
};

struct Room {
  std::vector<Connection*> members;
  std::string frames;  // of this wake-up, in mode join
};

void append_frame(std::string& out, std::string_view start, std::string_view rest) {
  const std::size_t size = start.size() + rest.size();
  out.push_back('\x81');
  if (size < 126) {
    out.push_back(static_cast<char>(size));
  } else if (size < 65536) {
    out.append({126, static_cast<char>(size >> 8), static_cast<char>(size & 0xff)});
  } else {
    out.push_back(127);
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift & 0xff));
  }
  out.append(start).append(rest);
}

class Bare {
 public:
  Bare(std::uint16_t port, bool joins);
  void run();

 private:
  void accept_all();
  void on_ready(Connection& connection, std::uint32_t events);
  bool on_bytes(Connection& connection, char*& bytes, std::size_t& size);
  void on_packet(Connection& connection, std::string_view packet);
  void join(Connection& connection, std::string_view name);
  void publish(std::string_view name, std::string_view payload);
  void finish_wake_up();
  void send_now(Connection& connection, std::string_view bytes);
  void wait_for(Connection& connection, std::uint32_t events);
  void drop(Connection& connection);

  bool joins_;
  int listener_;
  int epoll_;
  std::unordered_map<std::string, Room> rooms_;
  std::vector<Connection*> dirty_;
  std::vector<Room*> dirty_rooms_;
  std::vector<Connection*> dropped_;
  std::vector<char> buffer_ = std::vector<char>(256 << 10);
  std::string frame_;
};

Bare::Bare(std::uint16_t port, bool joins)
    : joins_(joins),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 4096) != 0) {
    std::perror("listen");
    std::exit(1);
  }
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
}

void Bare::run() {
  std::array<epoll_event, 1024> events;
  while (true) {
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.ptr == nullptr) {
        accept_all();
      } else {
        on_ready(*static_cast<Connection*>(event.data.ptr), event.events);
      }
    }
    finish_wake_up();
  }
}

void Bare::accept_all() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = new Connection(fd)}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
}

void Bare::on_ready(Connection& connection, std::uint32_t events) {
  if (connection.fd < 0) return;
  if ((events & EPOLLOUT) != 0) {
    std::string unsent = std::move(connection.unsent);
    connection.unsent.clear();
    wait_for(connection, EPOLLIN);
    send_now(connection, unsent);
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
  const std::size_t kept = connection.unread.size();
  std::memcpy(buffer_.data(), connection.unread.data(), kept);
  const ssize_t got = recv(connection.fd, buffer_.data() + kept, buffer_.size() - kept, 0);
  if (got <= 0) {
    if (got == 0 || errno != EAGAIN) drop(connection);
    return;
  }
  char* bytes = buffer_.data();
  std::size_t size = kept + static_cast<std::size_t>(got);
  if (!on_bytes(connection, bytes, size)) {
    drop(connection);
    return;
  }
  if (kept > 0 || size > 0) connection.unread.assign(bytes, size);
  if (connection.unread.size() >= buffer_.size()) drop(connection);
  if (!connection.replies.empty()) dirty_.push_back(&connection);
}

/// Handles the whole frames and leaves `bytes` and `size` at the rest.
bool Bare::on_bytes(Connection& connection, char*& bytes, std::size_t& size) {
  if (!connection.upgraded) {
    const std::size_t end = std::string_view(bytes, size).find("\r\n\r\n");
    if (end == std::string_view::npos) return true;
    connection.replies +=
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    append_frame(
        connection.replies,
        R"(0{"sid":"bare","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})", "");
    connection.upgraded = true;
    bytes += end + 4;
    size -= end + 4;
  }
  while (size >= 6) {
    std::size_t header = 6;
    std::uint64_t length = static_cast<unsigned char>(bytes[1]) & 0x7f;
    if (length >= 126) {
      header = length == 126 ? 8 : 14;
      if (size < header) return true;
      length = 0;
      for (std::size_t i = 2; i < header - 4; ++i)
        length = length << 8 | static_cast<unsigned char>(bytes[i]);
    }
    if (size - header < length) return length < buffer_.size();
    char* payload = bytes + header;
    std::uint64_t key = 0;
    std::memcpy(&key, payload - 4, 4);
    key |= key << 32;
    std::size_t i = 0;
    for (; i + 8 <= length; i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, payload + i, 8);
      word ^= key;
      std::memcpy(payload + i, &word, 8);
    }
    for (; i < length; ++i)
      payload[i] = static_cast<char>(payload[i] ^ static_cast<char>(key >> (8 * (i & 7))));
    if ((bytes[0] & 0x0f) == 1) on_packet(connection, {payload, length});
    bytes += header + length;
    size -= header + length;
  }
  return true;
}

void Bare::on_packet(Connection& connection, std::string_view packet) {
  constexpr std::string_view kPublish = R"(42["bench:publish",")";
  constexpr std::string_view kJoin = R"(["bench:join",")";
  constexpr std::string_view kEcho = R"(["bench:echo",)";
  if (packet == "40") return append_frame(connection.replies, R"(40{"sid":"bare"})", "");
  if (packet.starts_with(kPublish)) {
    packet.remove_prefix(kPublish.size());
    const std::size_t quote = packet.find('"');
    if (quote != std::string_view::npos) publish(packet.substr(0, quote), packet.substr(quote + 2));
    return;
  }
  const std::size_t bracket = packet.find('[');
  if (bracket == std::string_view::npos || !packet.starts_with("42")) return;
  const std::string_view id = packet.substr(2, bracket - 2);
  std::string answer = "43";
  answer.append(id);
  const std::string_view arguments = packet.substr(bracket);
  if (arguments.starts_with(kEcho)) {
    answer.push_back('[');
    append_frame(connection.replies, answer, arguments.substr(kEcho.size()));
  } else if (arguments.starts_with(kJoin)) {
    join(connection, arguments.substr(kJoin.size(), arguments.size() - kJoin.size() - 2));
    append_frame(connection.replies, answer, "[]");
  }
}

void Bare::join(Connection& connection, std::string_view name) {
  Room& room = rooms_[std::string(name)];
  if (std::find(connection.rooms.begin(), connection.rooms.end(), &room) != connection.rooms.end()) return;
  room.members.push_back(&connection);
  connection.rooms.push_back(&room);
}

/// `payload` is what stands behind the room's name and the comma, the closing bracket included.
void Bare::publish(std::string_view name, std::string_view payload) {
  const auto found = rooms_.find(std::string(name));
  if (found == rooms_.end()) return;
  Room& room = found->second;
  constexpr std::string_view kEvent = R"(42["bench:event",)";
  if (joins_) {
    if (room.frames.empty()) dirty_rooms_.push_back(&room);
    append_frame(room.frames, kEvent, payload);
    return;
  }
  frame_.clear();
  append_frame(frame_, kEvent, payload);
  for (Connection* member : room.members) send_now(*member, frame_);
}

void Bare::finish_wake_up() {
  for (Connection* connection : dirty_) {
    send_now(*connection, connection->replies);
    std::string().swap(connection->replies);
  }
  dirty_.clear();
  for (Room* room : dirty_rooms_) {
    for (Connection* member : room->members) send_now(*member, room->frames);
    room->frames.clear();
  }
  dirty_rooms_.clear();
  for (Connection* connection : dropped_) delete connection;
  dropped_.clear();
}

void Bare::send_now(Connection& connection, std::string_view bytes) {
  if (connection.fd < 0) return;
  if (connection.unsent.empty()) {
    const ssize_t sent = send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN) return;  // its end is about to be read
    if (bytes.empty()) return;
    wait_for(connection, EPOLLIN | EPOLLOUT);
  }
  connection.unsent.append(bytes);
}

void Bare::wait_for(Connection& connection, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = &connection}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

void Bare::drop(Connection& connection) {
  for (Room* room : connection.rooms) std::erase(room->members, &connection);
  close(connection.fd);
  connection.fd = -1;
  dropped_.push_back(&connection);
}

}  // namespace

int main(int argc, char** argv) {
  const char* port = std::getenv("PORT");
  const std::string_view mode = argc == 2 ? argv[1] : "";
  if (port == nullptr || (mode != "send" && mode != "join")) {
    std::fprintf(stderr, "usage: PORT=port bare send|join\n");
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  Bare bare(static_cast<std::uint16_t>(std::atoi(port)), mode == "join");
  std::printf("ready on http://127.0.0.1:%s\n", port);
  std::fflush(stdout);
  bare.run();
}
