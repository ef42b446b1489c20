// The store that the configuration names.
#pragma once

#include <memory>

#include "belfry/result.h"
#include "server/config.h"
#include "store/store.h"

namespace belfry::server {

/// Opens it, and makes its folder where that is missing. Fails as opening does. `log` outlives it.
Result<std::unique_ptr<store::Store>> open_store(const Config& config, store::Publish publish, Log& log);

}  // namespace belfry::server
