#include "net/unix_socket.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

namespace belfry::net {

namespace {

// The socket is made under this name beside its own, and takes its place when all of it is ready.
constexpr const char* kUnready = ".new";
constexpr std::size_t kMaxPathBytes =
    sizeof(sockaddr_un{}.sun_path) - 1 - std::char_traits<char>::length(kUnready);

/// A descriptor that is closed when nobody has taken it.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int take() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::unexpected<Error> cannot_listen(const std::string& path, const std::string& why) {
  return fail(ErrorKind::unavailable, "cannot listen at " + path + ": " + why);
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  return address;
}

int make_socket() {
  return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/// Why the path is taken; none where nothing is there, or a socket that nobody listens at.
std::optional<std::string> taken_by(const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? std::nullopt : std::optional<std::string>(std::strerror(errno));
  }
  if (!S_ISSOCK(status.st_mode)) return "there is a file that is no socket";
  const Descriptor probe(make_socket());
  const sockaddr_un address = address_of(path);
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno == ECONNREFUSED) {
    return std::nullopt;
  }
  return "another server listens there";
}

}  // namespace

/// Fills a UnixSocketFile.
struct UnixSocketMaker {
  static Result<UnixSocketFile> publish(const std::string& unready, const std::string& path) {
    struct stat status{};
    if (lstat(unready.c_str(), &status) != 0 || std::rename(unready.c_str(), path.c_str()) != 0) {
      const std::string why = std::strerror(errno);
      ::unlink(unready.c_str());
      return cannot_listen(path, why);
    }
    UnixSocketFile file;
    file.path_ = path;
    file.device_ = status.st_dev;
    file.inode_ = status.st_ino;
    return file;
  }
};

UnixSocketFile::UnixSocketFile(UnixSocketFile&& other) noexcept {
  *this = std::move(other);
}

UnixSocketFile& UnixSocketFile::operator=(UnixSocketFile&& other) noexcept {
  if (this == &other) return *this;
  remove();
  path_ = std::exchange(other.path_, {});
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

void UnixSocketFile::remove() {
  struct stat status{};
  const std::string path = std::exchange(path_, {});
  if (path.empty() || lstat(path.c_str(), &status) != 0) return;
  if (status.st_dev == device_ && status.st_ino == inode_) ::unlink(path.c_str());
}

Result<BoundUnixSocket> bind_unix_socket(const std::string& path, mode_t mode, int backlog, unsigned count) {
  if (path.empty() || path.size() > kMaxPathBytes || path.find('\0') != std::string::npos) {
    return fail_field("path", "must have 1 to " + std::to_string(kMaxPathBytes) + " bytes");
  }
  // One server at a time looks and takes: the lock is on the folder, so that no file is left behind.
  const auto folder = std::filesystem::path(path).parent_path();
  const Descriptor lock(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.get() < 0) return cannot_listen(path, std::strerror(errno));
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return cannot_listen(path, "another server begins in that folder");
  if (const auto why = taken_by(path)) return cannot_listen(path, *why);

  const std::string unready = path + kUnready;
  const sockaddr_un address = address_of(unready);
  Descriptor fd(make_socket());
  ::unlink(unready.c_str());
  if (fd.get() < 0 || bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return cannot_listen(path, std::strerror(errno));
  }
  if (chmod(unready.c_str(), mode) != 0 || listen(fd.get(), backlog) != 0) {
    const std::string why = std::strerror(errno);
    ::unlink(unready.c_str());
    return cannot_listen(path, why);
  }
  auto file = UnixSocketMaker::publish(unready, path);
  if (!file) return std::unexpected(file.error());

  BoundUnixSocket bound{.fds = {fd.take()}, .file = std::move(*file)};
  while (bound.fds.size() < count) {
    const int copy = fcntl(bound.fds.front(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0) {
      for (const int other : bound.fds) ::close(other);
      return cannot_listen(path, std::strerror(errno));
    }
    bound.fds.push_back(copy);
  }
  return bound;
}

}  // namespace belfry::net
