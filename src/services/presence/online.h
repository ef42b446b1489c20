// Who is online in an app, for those who ask the store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "belfry/result.h"
#include "store/transaction.h"

namespace belfry::presence {

/// These run inside a unit of work and fail as its statements do. A user is online on each node that has a
/// device of theirs; a server that is alone is the node without a name.

/// Whether it was news: the first node, or the last. Nodes take turns with each user: of two that saw what
/// holds before either had written, both would be the first, or neither the last.
Result<bool> set_online(store::Transaction& tx, std::string_view app, std::string_view user_id,
                        std::string_view node, bool online);
/// Nobody is on that node: as it starts, for one that died told of nobody who went.
Result<void> clear_online(store::Transaction& tx, std::string_view app, std::string_view node);
/// The nodes that somebody is on, and those who are on one.
Result<std::vector<std::string>> nodes_online(store::Transaction& tx, std::string_view app);
Result<std::vector<std::string>> online_on(store::Transaction& tx, std::string_view app,
                                           std::string_view node);
/// Those of `users` who are, in the same order.
Result<std::vector<std::string>> online_of(store::Transaction& tx, std::string_view app,
                                           const std::vector<std::string>& users);

}  // namespace belfry::presence
