// The settings of `[limits]` as the server, its apps and the log of its start need them.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "belfry/options.h"
#include "server/config.h"

namespace belfry::server {

/// Puts what is bounded into the options of the server.
void add_limits(const Config& config, ServerOptions& options);
/// What a user may send, with all devices together.
RateLimits user_limits(const Config& config);
/// `message:send=20/100`: so many a second, so many at once. Fails with `invalid`.
Result<std::pair<std::string, Rate>> read_event_rate(std::string_view text);

}  // namespace belfry::server
