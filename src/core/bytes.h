// Immutable bytes that many connections send: encoded once, queued by reference.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace belfry {

/// Bytes that several shards share. Immutable once built, so any thread may read them.
using SharedBytes = std::shared_ptr<const std::string>;

inline SharedBytes share_bytes(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

}  // namespace belfry
