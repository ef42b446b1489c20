// The ids of this app's users: numbers where they can be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "belfry/result.h"
#include "belfry/value.h"

namespace belfry::groups {

/// A whole decimal number without leading zeros, of at most 2^53 − 1, as a number; any other as text.
Value id_json(std::string_view id);
Value ids_json(const std::vector<std::string>& ids);
/// The same the other way round; absent: not there. Fails with `invalid` (`field`).
Result<std::string> read_id(const std::string& field, const Value& value);

}  // namespace belfry::groups
