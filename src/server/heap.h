// What the heap keeps that nobody uses goes back to the system.
#pragma once

#include <cstddef>

#include "belfry/server.h"
#include "runtime/worker_pool.h"

namespace belfry::server {

/// The allocator keeps what was freed: after a rush, the process would stay as large as it ever was. Asks
/// every `kInterval` how much lies there, and returns it once that is at least `kWorthwhile` and an eighth of
/// what is in use, on a thread of the pool. Owned by the wiring, as long as the server.
class HeapTrim {
 public:
  static constexpr std::chrono::seconds kInterval{5};
  static constexpr std::size_t kWorthwhile = 1'048'576;  ///< bytes

  HeapTrim(Server& server, runtime::WorkerPool& pool) : server_(server), pool_(pool) {}

  /// Once the server listens.
  void start();

 private:
  void wait();
  void trim();

  Server& server_;
  runtime::WorkerPool& pool_;
  // Free, but too scattered to be returned. One trim follows the other.
  std::size_t scattered_ = 0;
};

}  // namespace belfry::server
