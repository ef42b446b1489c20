// Waiting for a socket and for a word of another thread at the same time.
#pragma once

#include <chrono>

namespace belfry::store {

/// Owned by the thread that waits; any thread wakes it. One that is woken before it waits does not wait.
class Wake {
 public:
  Wake();
  ~Wake();
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  void wake();
  /// Until it is woken, the socket has something to read, or the time is over. -1: no socket.
  void wait(int socket, std::chrono::milliseconds limit);

 private:
  int fd_;
};

}  // namespace belfry::store
