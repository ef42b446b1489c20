// Gives back what was freed, so that a test can tell what the server holds from what its allocator keeps.
#pragma once

#include <malloc.h>

#include <chrono>

#include "belfry/server.h"

namespace conformance {

/// Twice a second, on the shard that calls. `server` is the one whose shard that is.
inline void trim_heap(belfry::Server& server) {
  server.after(std::chrono::milliseconds(500), [&server] {
    ::malloc_trim(0);
    trim_heap(server);
  });
}

}  // namespace conformance
