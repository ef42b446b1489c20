// The store that the configuration names.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "belfry/result.h"
#include "server/apps.h"
#include "server/config.h"
#include "store/announcer.h"
#include "store/copy.h"
#include "store/store.h"

namespace belfry::server {

/// Opens `database` (`sqlite:PATH` or a URL of PostgreSQL) within the bounds of `config`, and makes the
/// folder of a file where that is missing. Fails as opening does. `log` outlives it.
Result<std::unique_ptr<store::Store>> open_store(const std::string& database, const Config& config,
                                                 const std::vector<ExtraApp>& extra, store::Publish publish,
                                                 Log& log);

/// Copies the store `from` into the empty one `to`, which is made or brought up to date first; how many rows.
/// Fails with `invalid` where one of the two is none, and as opening and `store::copy_store` do.
Result<std::int64_t> copy_store(const std::string& from, const std::string& to, const Config& config,
                                const std::vector<ExtraApp>& extra, const store::CopyProgress& progress,
                                Log& log);

}  // namespace belfry::server
