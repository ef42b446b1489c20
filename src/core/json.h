// Looking at JSON that somebody else has written.
#pragma once

#include <string_view>

#include "belfry/result.h"
#include "belfry/value.h"

namespace belfry {

/// Arrays and objects may be nested this deep, the outermost counted; in events, too.
inline constexpr int kMaxJsonDepth = 256;

/// Reads a document. Fails with `malformed` where it is not JSON or nested deeper than the wire allows.
Result<Value> parse_json(std::string_view text);

/// Whether there is binary data anywhere in it, which JSON has no form for.
bool has_binary(const Value& value);

}  // namespace belfry
