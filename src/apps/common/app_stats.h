// What an app tells whoever runs the server.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "apps/common/mounts.h"
#include "belfry/result.h"
#include "belfry/stats.h"

namespace belfry::apps {

/// Keys are of a small set each: nothing that a client chooses.
struct AppStats {
  std::map<std::string, std::int64_t> connections_by_role;
  std::map<std::string, std::int64_t> rooms_by_type;
  std::map<std::string, std::int64_t> calls_by_state;  ///< that have not ended
  std::map<std::string, std::int64_t> users_by_presence;
  std::map<std::pair<std::string, std::string>, std::int64_t> failures;  ///< by event and reason
  HistogramStats delivery;  ///< from a message's receipt to the last queue

  void add(const AppStats& other);
};

class Events;

/// An app as the operator's routes see it; what it refers to outlives them.
struct AppEntry {
  std::string name;
  const Mounts& mounts;
  const Events& events;
  /// Gathers over all shards; asked on a shard, answered there.
  std::function<void(std::function<void(AppStats)>)> stats;
};

/// The label of a role: one that is known, or `other`.
std::string role_label(std::string_view role);

inline constexpr std::size_t kErrorKinds = 12;
/// `rate_limited`, `invalid`, …
std::string_view name_of(ErrorKind kind);

}  // namespace belfry::apps
