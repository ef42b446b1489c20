// Old messages, taken out of the store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "belfry/result.h"
#include "core/clock.h"
#include "store/transaction.h"

namespace belfry::conversations {

/// A message with all that the store knows of it.
struct OldMessage {
  std::string id;
  std::string json;  ///< one line, without its end
};

/// Messages that were made before a time, the oldest first, at most `limit` and about 8 MiB.
Result<std::vector<OldMessage>> older_than(store::Transaction& tx, WallMs before, int limit);

/// Deletes messages and their receipts. Their numbers are not given again: a conversation goes on counting.
Result<void> forget(store::Transaction& tx, const std::vector<OldMessage>& messages);

}  // namespace belfry::conversations
