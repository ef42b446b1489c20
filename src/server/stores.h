// The store that the configuration names.
#pragma once

#include <memory>
#include <vector>

#include "belfry/result.h"
#include "server/apps.h"
#include "server/config.h"
#include "store/store.h"

namespace belfry::server {

/// Opens it, and makes its folder where that is missing. Fails as opening does. `log` outlives it.
Result<std::unique_ptr<store::Store>> open_store(const Config& config, const std::vector<ExtraApp>& extra,
                                                 store::Publish publish, Log& log);

}  // namespace belfry::server
