// Requests that are refused because of how they came, counted.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "core/metrics.h"

namespace belfry::net {

enum class HttpRefusal {
  invalid,           ///< 400
  slow_head,         ///< 408, also where the connection says nothing more
  slow_body,         ///< 408
  large_body,        ///< 413
  large_head,        ///< 431
  unknown_coding,    ///< 501
  unknown_version,   ///< 505
  unsigned_forward,  ///< 403, at the port for other servers
  pipelined          ///< more behind a request under way than the bound allows: the connection is cut
};
inline constexpr std::size_t kHttpRefusalCount = 9;

/// What it is called in metrics.
std::string_view name_of(HttpRefusal refusal);
/// Why a request that has not come to its end is answered with that status; `in_body`: its head has come.
HttpRefusal refusal_of(int status, bool in_body);

/// Counted on one shard; any thread may read.
class HttpRefusals {
 public:
  void add(HttpRefusal refusal) { counts_[static_cast<std::size_t>(refusal)].add(1); }
  std::int64_t get(HttpRefusal refusal) const { return counts_[static_cast<std::size_t>(refusal)].get(); }

 private:
  std::array<Tally, kHttpRefusalCount> counts_;
};

}  // namespace belfry::net
