// When users who are away were there.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "belfry/result.h"
#include "core/clock.h"
#include "store/transaction.h"

namespace belfry::presence {

/// Notes that the user was there at `at`, unless they were there later. Inside a unit of work.
Result<void> note_seen(store::Transaction& tx, std::string_view user_id, WallMs at);

/// By user; those never seen are left out.
Result<std::unordered_map<std::string, WallMs>> last_seen(store::Transaction& tx,
                                                          const std::vector<std::string>& user_ids);

}  // namespace belfry::presence
