#include "services/accounts/accounts.h"

#include <memory>
#include <utility>

namespace belfry::accounts {

namespace {

Account account_of(const store::Row& row) {
  return {.id = row.text(0),
          .name = row.optional_text(1),
          .email = row.optional_text(2),
          .role = row.text(3),
          .created_at = row.integer(4),
          .blocked = !row.is_null(5)};
}

store::Param text_or_null(std::string_view text) {
  if (text.empty()) return nullptr;
  return text;
}

}  // namespace

Result<Account> ensure(store::Transaction& tx, std::string_view id, const Profile& profile, WallMs now) {
  auto known = find(tx, id);
  if (!known) return std::unexpected(std::move(known.error()));
  if (*known) return std::move(**known);
  return put(tx, id, profile, now);
}

Result<std::optional<Account>> find(store::Transaction& tx, std::string_view id) {
  return tx.query_one("SELECT id, name, email, role, created_at, blocked_at FROM users WHERE id = $1", {id},
                      account_of);
}

Result<Account> put(store::Transaction& tx, std::string_view id, const Profile& change, WallMs now) {
  const auto before = change.role.empty() ? std::optional<Account>() : find(tx, id);
  if (!before) return std::unexpected(before.error());
  auto account = tx.query_one(
      "INSERT INTO users (id, name, email, role, created_at) VALUES ($1, $2, $3, coalesce($4, $5), $6) "
      "ON CONFLICT (id) DO UPDATE SET name = coalesce($2, users.name), email = coalesce($3, users.email), "
      "role = coalesce($4, users.role) RETURNING id, name, email, role, created_at, blocked_at",
      {id, text_or_null(change.name), text_or_null(change.email), text_or_null(change.role), kDefaultRole,
       now},
      account_of);
  if (!account) return std::unexpected(std::move(account.error()));
  const std::string& role = account->value().role;
  if (*before && (*before)->role != role) {
    auto event = std::make_shared<RoleChanged>();
    event->user_id = id;
    event->role = role;
    tx.tell(std::move(event));
  }
  return std::move(account->value());
}

Result<Account> set_blocked(store::Transaction& tx, std::string_view id, bool blocked, WallMs now) {
  auto account = ensure(tx, id, {}, now);
  if (!account) return account;
  const auto done = tx.run("UPDATE users SET blocked_at = $2 WHERE id = $1",
                           {id, blocked ? std::optional(now) : std::nullopt});
  if (!done) return std::unexpected(done.error());
  account->blocked = blocked;
  if (blocked) {
    auto event = std::make_shared<UserBlocked>();
    event->user_id = id;
    tx.tell(std::move(event));
  }
  return account;
}

Result<std::int64_t> count(store::Transaction& tx) {
  const auto found =
      tx.query_one("SELECT count(*) FROM users", {}, [](const store::Row& row) { return row.integer(0); });
  if (!found) return std::unexpected(found.error());
  return found->value();
}

Result<std::vector<std::string>> list_ids(store::Transaction& tx, std::string_view after, int limit) {
  return tx.query_all("SELECT id FROM users WHERE id > $1 ORDER BY id LIMIT $2", {after, limit},
                      [](const store::Row& row) { return row.text(0); });
}

}  // namespace belfry::accounts
