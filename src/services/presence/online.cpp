#include "services/presence/online.h"

namespace belfry::presence {

using store::Row;
using store::Transaction;

Result<bool> set_online(Transaction& tx, std::string_view app, std::string_view user_id,
                        std::string_view node, bool online) {
  const std::string key = "online:" + std::string(app) + ":" + std::string(user_id);
  if (auto locked = tx.lock(key); !locked) {
    return std::unexpected(locked.error());
  }
  const auto done = online ? tx.run(
                                 "INSERT INTO online_users (app, user_id, node) VALUES ($1, $2, $3) "
                                 "ON CONFLICT (app, user_id, node) DO NOTHING",
                                 {app, user_id, node})
                           : tx.run("DELETE FROM online_users WHERE app = $1 AND user_id = $2 AND node = $3",
                                    {app, user_id, node});
  if (!done) return std::unexpected(done.error());
  if (*done == 0) return false;
  const auto other =
      tx.query_one("SELECT node FROM online_users WHERE app = $1 AND user_id = $2 AND node <> $3 LIMIT 1",
                   {app, user_id, node}, [](const Row& row) { return row.text(0); });
  if (!other) return std::unexpected(other.error());
  return !*other;
}

Result<void> clear_online(Transaction& tx, std::string_view app, std::string_view node) {
  const auto done = tx.run("DELETE FROM online_users WHERE app = $1 AND node = $2", {app, node});
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::vector<std::string>> nodes_online(Transaction& tx, std::string_view app) {
  return tx.query_all("SELECT DISTINCT node FROM online_users WHERE app = $1 ORDER BY node", {app},
                      [](const Row& row) { return row.text(0); });
}

Result<std::vector<std::string>> online_on(Transaction& tx, std::string_view app, std::string_view node) {
  return tx.query_all("SELECT user_id FROM online_users WHERE app = $1 AND node = $2 ORDER BY user_id",
                      {app, node}, [](const Row& row) { return row.text(0); });
}

Result<std::vector<std::string>> online_of(Transaction& tx, std::string_view app,
                                           const std::vector<std::string>& users) {
  std::vector<std::string> online;
  for (const std::string& id : users) {
    const auto found =
        tx.query_one("SELECT user_id FROM online_users WHERE app = $1 AND user_id = $2 LIMIT 1", {app, id},
                     [](const Row& row) { return row.text(0); });
    if (!found) return std::unexpected(found.error());
    if (*found) online.push_back(id);
  }
  return online;
}

}  // namespace belfry::presence
