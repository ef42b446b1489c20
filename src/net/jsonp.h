// Polling by <script> elements and forms, as browsers without cross-origin requests do (`j` in the query;
// Engine.IO protocol 3 only).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/request.h"

namespace belfry::net {

/// The number of the client's callback; nothing where the request is not of that kind.
std::optional<std::string> jsonp_index(const http::Request& request);
/// The script that hands a text payload to the callback.
std::string to_jsonp(std::string_view index, std::string_view payload);
/// The payload in the form that a client has posted.
std::string from_jsonp(std::string_view form);

}  // namespace belfry::net
