// Looking at JSON that a client sent.
#pragma once

#include <cstddef>
#include <string_view>

#include "belfry/result.h"
#include "belfry/value.h"

namespace belfry::apps {

/// Whether there is binary data anywhere in it: what is stored as JSON must hold none.
bool has_binary(const Value& value);

/// Characters as people count them nearly: Unicode code points of UTF-8 text.
std::size_t count_characters(std::string_view text);
/// Whether there is nothing in it but ASCII white space.
bool is_blank(std::string_view text);

/// Reads a document. Fails with `malformed` where it is not JSON or nested deeper than the wire allows.
Result<Value> parse_json(std::string_view text);

}  // namespace belfry::apps
