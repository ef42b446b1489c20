// Which slot of a cluster a command is for, and who has which slot.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/redis.h"
#include "belfry/result.h"
#include "redis/client.h"

namespace belfry::redis {

inline constexpr std::size_t kSlots = 16'384;

/// Of a key or channel: only what stands between its first `{` and the `}` behind that counts, where there is
/// anything.
std::uint16_t slot_of(std::string_view key);

/// The first key of a command, or the channel that it publishes to; none where it names neither.
std::optional<std::string_view> first_key(const Command& command);

/// The masters of a cluster, and which slots each has. A value.
struct SlotMap {
  static constexpr std::uint16_t kNobody = 0xffff;

  std::vector<RedisAddress> masters;
  std::array<std::uint16_t, kSlots> owners{};  ///< indexes of `masters`, or kNobody

  /// Whose the slot is, or null.
  const RedisAddress* owner(std::uint16_t slot) const {
    return owners[slot] == kNobody ? nullptr : &masters[owners[slot]];
  }
  void set_owner(std::uint16_t slot, const RedisAddress& master);
};

/// Reads what CLUSTER SLOTS answers; `asked` is who did, for a cluster that does not say where its nodes are.
Result<SlotMap> read_slots(const Reply& reply, const RedisAddress& asked);

/// Where a command has to go instead, as an error says.
struct Redirection {
  bool once = false;  ///< ASK: only this time; else MOVED: for good
  std::uint16_t slot = 0;
  RedisAddress to;
};
/// None where the reply is anything else. `from` is who has answered.
std::optional<Redirection> redirection_of(const Reply& reply, const RedisAddress& from);

}  // namespace belfry::redis
