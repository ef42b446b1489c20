// One store copied into another, of whichever kind.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "belfry/result.h"
#include "store/database.h"

namespace belfry::store {

/// Called after each batch: the table, and how many of its rows are copied.
using CopyProgress = std::function<void(std::string_view table, std::int64_t rows)>;

/// Copies every row of `from`, as it is at one moment, into `to`, all or none, and returns how many there
/// are. Both are brought up to the same steps before, which are not copied. In memory there are never more
/// than kCopyBatchRows rows. Fails with `conflict` where `to` holds anything already, or where the two have
/// other tables or steps than each other; and as their statements do.
Result<std::int64_t> copy_store(Database& from, Database& to, const CopyProgress& progress);

inline constexpr int kCopyBatchRows = 500;

}  // namespace belfry::store
