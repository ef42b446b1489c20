// `belfry serve`.
#pragma once

#include <vector>

#include "server/apps.h"
#include "server/config.h"

namespace belfry::server {

/// Runs the server until SIGTERM or SIGINT. Returns the program's exit code; what keeps it from starting is
/// said on standard error.
int serve(const Config& config, const std::vector<ExtraApp>& extra);

}  // namespace belfry::server
