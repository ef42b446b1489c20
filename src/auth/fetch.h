// Reading a text from a URL, by libcurl.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "belfry/result.h"

namespace belfry::auth {

struct FetchLimits {
  std::chrono::milliseconds timeout{5'000};  ///< for the whole
  std::size_t max_bytes = 1'048'576;
};

/// What `url` (http or https, at most three redirects) answers with 200. Waits: not for a shard's thread.
/// Fails with `unavailable`, `timed_out` or `too_large`.
Result<std::string> fetch_text(const std::string& url, const FetchLimits& limits = {});

}  // namespace belfry::auth
