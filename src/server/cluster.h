// This server as one of several: from settings to the library's options.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "belfry/options.h"
#include "belfry/result.h"
#include "net/peers.h"
#include "server/config.h"

namespace belfry::server {

/// `tag=host:port` each. Fails with `invalid` on what is none, or says a tag twice.
Result<std::map<std::string, std::string, std::less<>>> read_peers(const std::vector<std::string>& texts);

/// Nothing where there is no `[cluster] node`. `signing_secret`: of the tokens. The settings have been
/// checked.
std::optional<ClusterOptions> cluster_options(const ClusterSettings& settings,
                                              const std::string& signing_secret);

}  // namespace belfry::server
