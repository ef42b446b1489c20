#include "net/unix_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace belfry::net {

namespace {

constexpr int kBacklog = 16;

class UnixSocket : public testing::Test {
 protected:
  UnixSocket() {
    std::string name = (std::filesystem::temp_directory_path() / "belfry-unix-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    path_ = folder_ + "/socket";
  }
  ~UnixSocket() override {
    for (const int fd : open_) ::close(fd);
    std::filesystem::remove_all(folder_);
  }

  Result<BoundUnixSocket> bind(unsigned count = 1, mode_t mode = 0600) {
    auto bound = bind_unix_socket(path_, mode, kBacklog, count);
    if (bound) open_.insert(open_.end(), bound->fds.begin(), bound->fds.end());
    return bound;
  }
  bool can_connect() const {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    const bool connected = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
  }
  void close_all() {
    for (const int fd : std::exchange(open_, {})) ::close(fd);
  }
  std::string why(Result<BoundUnixSocket> bound) const { return bound ? "" : bound.error().text(); }

  std::string folder_;
  std::string path_;
  std::vector<int> open_;
};

}  // namespace

TEST_F(UnixSocket, ListensWithTheGivenMode) {
  const auto bound = bind(3, 0640);
  ASSERT_TRUE(bound) << bound.error().text();
  EXPECT_EQ(bound->fds.size(), 3U);
  struct stat status{};
  ASSERT_EQ(lstat(path_.c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
  EXPECT_TRUE(can_connect());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1)
      << "nothing else is left there";
}

TEST_F(UnixSocket, TheFileGoesWithItsOwner) {
  {
    const auto bound = bind();
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(UnixSocket, OneThatIsInUseIsRefusedAndStays) {
  const auto first = bind();
  const auto second = bind();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::unavailable);
  EXPECT_NE(why(bind()).find("another server listens there"), std::string::npos);
  EXPECT_TRUE(can_connect());
}

TEST_F(UnixSocket, OneOfADeadServerIsReplaced) {
  auto dead = bind();
  ASSERT_TRUE(dead);
  close_all();  // as the kernel does with those of a process that was killed; the file stays
  EXPECT_FALSE(can_connect());
  const auto second = bind();
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_TRUE(can_connect());
  dead->file.remove();
  EXPECT_TRUE(can_connect()) << "the file is not the dead one's any more";
}

TEST_F(UnixSocket, WhatIsNoSocketIsLeftAlone) {
  std::ofstream(path_) << "a file";
  EXPECT_NE(why(bind()).find("no socket"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(path_), 6U);
}

TEST_F(UnixSocket, ImpossiblePathsAreRefused) {
  path_ = folder_ + "/missing/socket";
  EXPECT_NE(why(bind()).find("No such file"), std::string::npos);
  path_ = folder_ + "/" + std::string(200, 'x');
  EXPECT_NE(why(bind()).find("path: must have"), std::string::npos);
  path_ = "";
  EXPECT_FALSE(bind());
}

}  // namespace belfry::net
