#include "server/heap.h"

#include <malloc.h>

#include <algorithm>

namespace belfry::server {

void HeapTrim::start() {
  server_.post_to(0, [this] { wait(); });
}

void HeapTrim::wait() {
  server_.after(kInterval, [this] {
    const bool posted = pool_.post([this] {
      trim();
      start();
    });
    if (!posted) wait();
  });
}

void HeapTrim::trim() {
  const auto heap = ::mallinfo2();
  const std::size_t wanted = std::max(kWorthwhile, heap.uordblks / 8);
  if (heap.fordblks >= scattered_ + wanted) {
    ::malloc_trim(0);
    scattered_ = ::mallinfo2().fordblks;
  } else {
    scattered_ = std::min(scattered_, heap.fordblks);
  }
}

}  // namespace belfry::server
