// REST of the app.
#pragma once

#include "apps/common/absent_mail.h"
#include "apps/common/api.h"
#include "store/store.h"

namespace belfry::care {

/// `/v1/care/…`, but for the families, which are groups. They outlive the routes.
void add_routes(store::Store& store, apps::Api& api, const apps::AbsentMail& mail);

}  // namespace belfry::care
