// Commands as Redis reads them, and what its answers mean to who asked.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "belfry/result.h"
#include "redis/client.h"

namespace belfry::redis {

/// Appends the command, as an array of bulk strings.
void append_command(std::string& out, const Command& command);
std::string encode(std::initializer_list<std::string_view> words);

/// An answer of kind `error`: `unavailable` where Redis says that it cannot now, else `internal`.
Error error_of(const Reply& error);

}  // namespace belfry::redis
