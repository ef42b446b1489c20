// Percent-encoding and query strings. Pure functions, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::http {

/// Decodes `%41`; an invalid escape stays as it is, and so does `+`.
std::string percent_decode(std::string_view text);

/// The parameters of a query (without its `?`) in their order, decoded, with `+` as a space. A parameter
/// without `=` has an empty value; empty ones are left out.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

/// The first value of one parameter, decoded; `name` is compared with the decoded names.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace belfry::http
