// What `--dev` adds for trying and demonstrating: pages at `/`, and tokens for the asking.
#pragma once

#include <string>

#include "belfry/server.h"
#include "server/config.h"

namespace belfry::server {

/// Before the server listens. `config` outlives it.
void add_dev_pages(Server& server, const Config& config, const std::string& secret, Log& log);

}  // namespace belfry::server
