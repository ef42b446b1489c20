// Which program this is.
#pragma once

#include <string>

namespace belfry::server {

/// Version, commit, build type, and the libraries it was built with, one a line.
std::string version_text();

}  // namespace belfry::server
