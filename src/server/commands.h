// What each call of the program does.
#pragma once

#include <vector>

#include "server/apps.h"
#include "server/cli.h"

namespace belfry::server {

/// Does it, and returns the program's exit code: 0, 1 where it failed, 2 where the configuration is wrong
/// (which is said on standard error).
int run_command(const CommandLine& line, const std::vector<ExtraApp>& extra);

}  // namespace belfry::server
