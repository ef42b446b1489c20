#include "store/postgres/wake.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <system_error>

namespace belfry::store {

Wake::Wake() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw std::system_error(errno, std::system_category(), "eventfd");
}

Wake::~Wake() {
  ::close(fd_);
}

void Wake::wake() {
  const std::uint64_t one = 1;
  // It fails only where it has been woken very often, and not waited since.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

void Wake::wait(int socket, std::chrono::milliseconds limit) {
  std::array<pollfd, 2> entries{
      {{.fd = fd_, .events = POLLIN, .revents = 0}, {.fd = socket, .events = POLLIN, .revents = 0}}};
  ::poll(entries.data(), entries.size(),
         static_cast<int>(std::clamp<std::int64_t>(limit.count(), 0, 60'000)));
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(fd_, &count, sizeof count);
}

}  // namespace belfry::store
