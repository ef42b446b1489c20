// The ids of entries in a log that servers share: `<milliseconds>-<sequence>`, as Redis numbers those of a
// stream.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "socketio/recovery/log.h"

namespace belfry::socketio {

/// The id in one number, in the same order. Nothing where it is no id, or beyond the year 2109 or four
/// million entries in a millisecond; it is never 0.
std::optional<EventNumber> parse_entry_id(std::string_view text);
std::string entry_id_text(EventNumber entry);

}  // namespace belfry::socketio
