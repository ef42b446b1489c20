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

/// The same, whose first byte is `shard`, so that a request that names the session finds its shard; behind it
/// stands the tag of the node, if it has one.
std::string make_sid_on(std::uint8_t shard, std::string_view node = {});
/// The shard that `make_sid_on` wrote, or -1 where `sid` is not of that form.
int shard_of_sid(std::string_view sid);
/// The tag of the node that it wrote, or nothing.
std::string_view node_of_sid(std::string_view sid);
/// Whether a node may have that tag: 1 to 16 of `A-Z a-z 0-9 _ -`.
bool is_node_tag(std::string_view text);

/// UUID version 7 (RFC 9562) as text: ids of one process are in order of creation.
std::string make_uuid7();
/// The least UUID of version 7 that a millisecond of wall time can have; `time_ms` from 1970 on.
std::string first_uuid7_of(std::int64_t time_ms);

}  // namespace belfry
