#include "services/presence/last_seen.h"

namespace belfry::presence {

Result<void> note_seen(store::Transaction& tx, std::string_view user_id, WallMs at) {
  const auto done = tx.run(
      "INSERT INTO last_seen (user_id, at) VALUES ($1, $2) "
      "ON CONFLICT (user_id) DO UPDATE SET at = excluded.at WHERE excluded.at > last_seen.at",
      {user_id, at});
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::unordered_map<std::string, WallMs>> last_seen(store::Transaction& tx,
                                                          const std::vector<std::string>& user_ids) {
  std::unordered_map<std::string, WallMs> seen;
  for (const std::string& id : user_ids) {
    const auto at = tx.query_one("SELECT at FROM last_seen WHERE user_id = $1", {id},
                                 [](const store::Row& row) { return row.integer(0); });
    if (!at) return std::unexpected(at.error());
    if (*at) seen.emplace(id, **at);
  }
  return seen;
}

}  // namespace belfry::presence
