// What each call of the program does.
#pragma once

#include "server/cli.h"

namespace belfry::server {

/// Does it, and returns the program's exit code: 0, 1 where it failed, 2 where the configuration is wrong
/// (which is said on standard error).
int run_command(const CommandLine& line);

}  // namespace belfry::server
