// Requests that may be sent again: what the first one did and answered stands, and nothing is done twice.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "belfry/result.h"
#include "core/clock.h"
#include "store/transaction.h"

namespace belfry::idempotency {

/// How long a key is remembered.
inline constexpr std::chrono::hours kLifetime{24};

/// A request under a key that its sender chose.
struct Request {
  std::string caller;  ///< whose keys
  std::string key;
  std::string digest;  ///< of all that tells this request from another one
};

/// Inside the unit of work that does what is asked. The answer that was recorded under the key; or nothing:
/// then the key is this unit's, which records its answer before it ends, or fails and leaves the key free.
/// Fails with `invalid` where the key stands for another request.
Result<std::optional<std::string>> claim(store::Transaction& tx, const Request& request, WallMs now);
/// What was recorded, without claiming anything; nothing: the key is free. Fails as `claim` does.
Result<std::optional<std::string>> find(store::Transaction& tx, const Request& request, WallMs now);
/// `answer` is text of any kind.
Result<void> record(store::Transaction& tx, const Request& request, std::string_view answer);

}  // namespace belfry::idempotency
