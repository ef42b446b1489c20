// Visits: who is whose patient. What may be seen and said in this app follows from them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/common/identity.h"
#include "belfry/result.h"
#include "belfry/value.h"
#include "core/clock.h"
#include "store/transaction.h"

namespace belfry::health {

using apps::Caller;

/// A patient with one or more providers.
struct Visit {
  std::string id;  ///< UUID version 7
  std::string patient_id;
  std::vector<std::string> provider_ids;  ///< sorted, each once
  std::optional<WallMs> scheduled_at;
  std::string created_by;  ///< empty: another server
  WallMs created_at = 0;

  bool has(std::string_view user_id) const;
  /// The patient first; each user once.
  std::vector<std::string> participants() const;
  bool operator==(const Visit&) const = default;
};

Value to_json(const Visit& visit);

struct NewVisit {
  std::string patient_id;
  std::vector<std::string> provider_ids;
  std::optional<WallMs> scheduled_at;
};

/// These run inside a unit of work and fail as its statements do.

Result<Visit> create_visit(store::Transaction& tx, const NewVisit& visit, std::string_view created_by,
                           WallMs now);
Result<std::optional<Visit>> find_visit(store::Transaction& tx, std::string_view id);
/// The visit, if the caller may take part in its conversation: its patient and providers, and admins. Else
/// `forbidden`, whether there is such a visit or not.
Result<Visit> visit_for(store::Transaction& tx, const Caller& caller, std::string_view id);
/// Whether two users are in one visit.
Result<bool> related(store::Transaction& tx, std::string_view user_a, std::string_view user_b);

/// Those of `user_ids` whom the caller may see, in their order, each once: the users of the caller's visits
/// and the caller; for an admin all.
Result<std::vector<std::string>> visible_users(store::Transaction& tx, const Caller& caller,
                                               const std::vector<std::string>& user_ids);

struct VisitList {
  std::vector<Visit> items;  ///< newest first
  std::optional<std::string> next_cursor;
};

/// The caller's visits, or all of them for an admin; those before the one that `before` names
/// (empty: from the newest).
Result<VisitList> list_visits(store::Transaction& tx, const Caller& caller, int limit,
                              const std::string& before);

}  // namespace belfry::health
