// What the library's users hold: a JSON document that may have binary data in place.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

namespace belfry {

/// A JSON value. Numbers keep their exact value both ways; binary data is `Value::binary(...)`, in place,
/// anywhere. Copyable, owned by whoever holds it, usable on any thread.
using Value = nlohmann::json;

/// Raw bytes of a binary attachment.
using Binary = std::vector<std::uint8_t>;

}  // namespace belfry
