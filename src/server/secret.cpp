#include "server/secret.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/base64.h"
#include "core/ids.h"

namespace belfry::server {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kMaxFileBytes = 4096;

std::unexpected<Error> failed(const std::string& file, const std::string& what) {
  return fail(ErrorKind::unavailable, file + ": " + what);
}
std::unexpected<Error> failed_by_errno(const std::string& file) {
  return failed(file, std::strerror(errno));
}

/// An open file, closed at the end of the scope.
class File {
 public:
  File(const std::string& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

Result<Secret> read_secret(const std::string& path) {
  const File file(path, O_RDONLY);
  if (!file.is_open()) return failed_by_errno(path);
  struct stat info{};
  if (fstat(file.fd(), &info) != 0) return failed_by_errno(path);
  if ((info.st_mode & 0077) != 0) return failed(path, "others may read it: chmod 600");
  std::array<char, kMaxFileBytes> buffer{};
  const ssize_t size = read(file.fd(), buffer.data(), buffer.size());
  if (size < 0) return failed_by_errno(path);
  std::string value(buffer.data(), static_cast<std::size_t>(size));
  value.erase(value.find_last_not_of(" \t\r\n") + 1);
  if (value.empty()) return failed(path, "is empty");
  return Secret{.value = std::move(value), .file = path, .created = false};
}

std::string new_secret() {
  std::string bytes(kSecretBytes, '\0');
  random_bytes(bytes.data(), bytes.size());
  std::string text;
  append_base64(text, bytes);
  return text;
}

/// Writes the whole of a new file and waits until it is on the disk.
bool write_new(const std::string& path, const std::string& text) {
  const File file(path, O_WRONLY | O_CREAT | O_EXCL);
  return file.is_open() && write(file.fd(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
         fsync(file.fd()) == 0;
}

}  // namespace

Result<Secret> load_or_create_secret(const std::string& dir) {
  const std::string path = dir + "/jwt-secret";
  std::error_code error;
  if (std::filesystem::exists(path, error)) return read_secret(path);
  std::filesystem::create_directories(dir, error);
  if (error) return failed(dir, error.message());

  // A name of its own, then a link, which fails where another process was first: nobody reads half a secret.
  const std::string own = path + "." + make_sid();
  const std::string value = new_secret();
  const bool first = write_new(own, value + "\n") && link(own.c_str(), path.c_str()) == 0;
  const int reason = errno;
  unlink(own.c_str());
  if (first) return Secret{.value = value, .file = path, .created = true};
  if (reason == EEXIST) return read_secret(path);
  return failed(path, std::strerror(reason));
}

}  // namespace belfry::server
