// REST of sessions: those that another system made, and the devices that a user is signed in with.
#pragma once

#include "apps/common/api.h"
#include "store/store.h"

namespace belfry::apps {

/// `POST` and `DELETE /v1/sessions` for other servers; `GET /auth/sessions` and `DELETE /auth/sessions/{id}`
/// for users, `GET /v1/users/{id}/sessions` and `DELETE …/{sessionId}` for admins. Whoever is connected with
/// a session that is revoked goes at once. Both outlive the routes.
void add_session_routes(store::Store& store, Api& api);

}  // namespace belfry::apps
