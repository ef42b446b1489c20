// REST of the app.
#pragma once

#include "apps/common/api.h"
#include "store/store.h"

namespace belfry::household {

/// `/v1/household/…`, but for the families, which are groups. Both outlive the routes.
void add_routes(store::Store& store, apps::Api& api);

}  // namespace belfry::household
