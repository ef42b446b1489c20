// MessagePack, as socket.io-msgpack-parser reads and writes it (by notepack.io).
#pragma once

#include <string>
#include <string_view>

#include "belfry/value.h"

namespace belfry::socketio {

/// Reads the one value that `bytes` hold. False where that is not MessagePack, is nested deeper than
/// `max_depth` (the outermost array or map counted), has a key that is no string, or text that is not UTF-8;
/// nothing is allocated for what is announced and does not come.
///
/// What JSON cannot say is read as JSON's writer in a browser would have put it: `undefined` is left out of a
/// map and is null in an array, a date is its ISO 8601 text. Other extension types are `[type, bytes]`.
bool read_msgpack(std::string_view bytes, int max_depth, Value& out);

std::string write_msgpack(const Value& value);

}  // namespace belfry::socketio
