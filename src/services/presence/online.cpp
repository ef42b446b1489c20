#include "services/presence/online.h"

namespace belfry::presence {

using store::Row;
using store::Transaction;

Result<void> set_online(Transaction& tx, std::string_view app, std::string_view user_id, bool online) {
  const auto done = online
                        ? tx.run(
                              "INSERT INTO online_users (app, user_id) VALUES ($1, $2) ON CONFLICT (app, "
                              "user_id) DO NOTHING",
                              {app, user_id})
                        : tx.run("DELETE FROM online_users WHERE app = $1 AND user_id = $2", {app, user_id});
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<void> clear_online(Transaction& tx, std::string_view app) {
  if (auto done = tx.run("DELETE FROM online_users WHERE app = $1", {app}); !done) {
    return std::unexpected(done.error());
  }
  return {};
}

Result<std::vector<std::string>> online_of(Transaction& tx, std::string_view app,
                                           const std::vector<std::string>& users) {
  std::vector<std::string> online;
  for (const std::string& id : users) {
    const auto found = tx.query_one("SELECT user_id FROM online_users WHERE app = $1 AND user_id = $2",
                                    {app, id}, [](const Row& row) { return row.text(0); });
    if (!found) return std::unexpected(found.error());
    if (*found) online.push_back(id);
  }
  return online;
}

}  // namespace belfry::presence
