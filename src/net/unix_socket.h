// A listening socket in the file system.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "belfry/result.h"

namespace belfry::net {

/// Owns the file: it goes with this, unless another server has put its own in its place. Any one thread.
class UnixSocketFile {
 public:
  UnixSocketFile() = default;
  UnixSocketFile(UnixSocketFile&& other) noexcept;
  UnixSocketFile& operator=(UnixSocketFile&& other) noexcept;
  ~UnixSocketFile() { remove(); }

  void remove();

 private:
  friend struct UnixSocketMaker;
  std::string path_;  // empty: there is none
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

struct BoundUnixSocket {
  std::vector<int> fds;  ///< all of one socket, already listening
  UnixSocketFile file;
};

/// Listens at `path`, whose file gets the bits of `mode` before anybody can connect. A socket there that
/// nobody listens at is replaced. Fails with `unavailable` where somebody does, where something else is
/// there, or where the folder is none or not ours to write; `invalid` where the path is empty or too long
/// (103 bytes).
Result<BoundUnixSocket> bind_unix_socket(const std::string& path, mode_t mode, int backlog, unsigned count);

}  // namespace belfry::net
