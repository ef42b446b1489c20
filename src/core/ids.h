// Identifiers: unguessable session ids and time-ordered entity ids.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace belfry {

/// Fills from the system's cryptographic generator. Any thread.
void random_bytes(void* out, std::size_t size);

/// The size of such an id in characters.
inline constexpr std::size_t kSidSize = 20;

/// A new Socket.IO or Engine.IO id: 20 characters of base64url over 15 random bytes.
std::string make_sid();

/// The same, whose first byte is `shard`, so that a request that names the session finds its shard.
std::string make_sid_on(std::uint8_t shard);
/// The shard that `make_sid_on` wrote, or -1 where `sid` is not of that form.
int shard_of_sid(std::string_view sid);

/// UUID version 7 (RFC 9562) as text: ids of one process are in order of creation.
std::string make_uuid7();
/// The least UUID of version 7 that a millisecond of wall time can have; `time_ms` from 1970 on.
std::string first_uuid7_of(std::int64_t time_ms);

}  // namespace belfry
