// What a configuration must fulfil beyond the type and range of each setting.
#pragma once

#include <string>
#include <vector>

#include "server/config.h"

namespace belfry::server {

/// Brings texts into one form (`localhost`, slashes behind origins), sets the defaults that depend on other
/// settings, and returns what is wrong, one line each, naming source and key.
/// `extra_apps`: names of apps from outside.
std::vector<std::string> check_config(Config& config, const std::vector<std::string>& extra_apps);

}  // namespace belfry::server
