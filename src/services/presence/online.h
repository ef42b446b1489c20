// Who is online in an app, for those who ask the store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "belfry/result.h"
#include "store/transaction.h"

namespace belfry::presence {

/// These run inside a unit of work and fail as its statements do.

Result<void> set_online(store::Transaction& tx, std::string_view app, std::string_view user_id, bool online);
/// Nobody is: at the start, as a server that died told of nobody who went.
Result<void> clear_online(store::Transaction& tx, std::string_view app);
/// Those of `users` who are, in the same order.
Result<std::vector<std::string>> online_of(store::Transaction& tx, std::string_view app,
                                           const std::vector<std::string>& users);

}  // namespace belfry::presence
