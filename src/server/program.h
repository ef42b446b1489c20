// The program as a function: `belfry` itself, and programs that add apps of their own to it.
#pragma once

#include <vector>

#include "server/apps.h"

namespace belfry::server {

/// Does what the command line says and returns the exit code: 2 also where two apps have one name.
int run_program(int argc, char** argv, const std::vector<ExtraApp>& extra = {});

}  // namespace belfry::server
