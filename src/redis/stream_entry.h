// Entries of the streams, as servers write and read them.
#pragma once

#include <cstdint>
#include <string>

#include "belfry/result.h"
#include "belfry/value.h"
#include "redis/reply.h"
#include "socketio/recovery/log.h"

namespace belfry::redis {

/// An entry that has been read.
struct StreamEntry {
  socketio::EventNumber id = 0;  // 0 where it is out of all bounds
  std::string nsp;
  std::string own;  // what its server knows it by, where that waits for it
  Value message;    // as MessageWire has it
};

/// The entry of a reply to XREAD or XRANGE, `[id, [name, value, …]]`. Fails where it is none, or larger than
/// that.
Result<StreamEntry> read_entry(const Reply& entry, std::size_t max_bytes);

/// What an entry says: JSON, or the base64 of MessagePack where there is binary data.
std::string write_entry_data(Value data);

}  // namespace belfry::redis
