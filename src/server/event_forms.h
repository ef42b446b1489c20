// The forms of all events that nodes share.
#pragma once

#include <vector>

#include "core/event_forms.h"
#include "server/apps.h"

namespace belfry::server {

/// Those of the services and apps of this program, and those that `extra` adds. Names are for ever: nodes of
/// the version before read them, too.
EventForms event_forms(const std::vector<ExtraApp>& extra);

}  // namespace belfry::server
