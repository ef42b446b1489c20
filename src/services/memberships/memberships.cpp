#include "services/memberships/memberships.h"

#include <memory>

namespace belfry::memberships {

namespace {

using store::Row;
using store::Transaction;

Member member_of(const Row& row) {
  return {.user_id = row.text(0), .role = row.text(1), .joined_at = row.integer(2)};
}

Result<bool> is_full(Transaction& tx, std::string_view kind, std::string_view group_id) {
  const auto last =
      tx.query_one("SELECT 1 FROM memberships WHERE kind = $1 AND group_id = $2 LIMIT 1 OFFSET $3",
                   {kind, group_id, kMembersMax - 1}, [](const Row&) { return true; });
  if (!last) return std::unexpected(last.error());
  return last->has_value();
}

}  // namespace

Result<bool> add(Transaction& tx, std::string_view kind, std::string_view group_id, std::string_view user_id,
                 std::string_view role, WallMs now) {
  const std::string key = "members of " + std::string(kind) + ":" + std::string(group_id);
  if (auto locked = tx.lock(key); !locked) return std::unexpected(locked.error());
  const auto known = role_of(tx, kind, group_id, user_id);
  if (!known) return std::unexpected(known.error());
  if (*known) return false;
  const auto full = is_full(tx, kind, group_id);
  if (!full) return std::unexpected(full.error());
  if (*full) return fail(ErrorKind::too_large, "This group is full");
  const auto done =
      tx.run("INSERT INTO memberships (kind, group_id, user_id, role, joined_at) VALUES ($1, $2, $3, $4, $5)",
             {kind, group_id, user_id, role, now});
  if (!done) return std::unexpected(done.error());
  auto event = std::make_shared<MemberAdded>();
  event->kind = kind;
  event->group_id = group_id;
  event->member = {.user_id = std::string(user_id), .role = std::string(role), .joined_at = now};
  tx.tell(std::move(event));
  return true;
}

Result<bool> set_role(Transaction& tx, std::string_view kind, std::string_view group_id,
                      std::string_view user_id, std::string_view role) {
  const auto done =
      tx.run("UPDATE memberships SET role = $4 WHERE kind = $1 AND group_id = $2 AND user_id = $3",
             {kind, group_id, user_id, role});
  if (!done) return std::unexpected(done.error());
  return *done > 0;
}

Result<bool> remove(Transaction& tx, std::string_view kind, std::string_view group_id,
                    std::string_view user_id) {
  const auto done = tx.run("DELETE FROM memberships WHERE kind = $1 AND group_id = $2 AND user_id = $3",
                           {kind, group_id, user_id});
  if (!done) return std::unexpected(done.error());
  if (*done == 0) return false;
  auto event = std::make_shared<MemberRemoved>();
  event->kind = kind;
  event->group_id = group_id;
  event->user_id = user_id;
  tx.tell(std::move(event));
  return true;
}

Result<std::optional<Member>> find_member(Transaction& tx, std::string_view kind, std::string_view group_id,
                                          std::string_view user_id) {
  return tx.query_one(
      "SELECT user_id, role, joined_at FROM memberships WHERE kind = $1 AND group_id = $2 AND user_id = $3",
      {kind, group_id, user_id}, member_of);
}

Result<std::optional<std::string>> role_of(Transaction& tx, std::string_view kind, std::string_view group_id,
                                           std::string_view user_id) {
  return tx.query_one("SELECT role FROM memberships WHERE kind = $1 AND group_id = $2 AND user_id = $3",
                      {kind, group_id, user_id}, [](const Row& row) { return row.text(0); });
}

Result<std::vector<Member>> members(Transaction& tx, std::string_view kind, std::string_view group_id) {
  return tx.query_all(
      "SELECT user_id, role, joined_at FROM memberships WHERE kind = $1 AND group_id = $2 ORDER BY user_id",
      {kind, group_id}, member_of);
}

Result<bool> share_group(Transaction& tx, std::string_view kind, std::string_view user_a,
                         std::string_view user_b) {
  const auto found = tx.query_one(
      "SELECT 1 FROM memberships a JOIN memberships b ON b.kind = a.kind AND b.group_id = a.group_id "
      "WHERE a.kind = $1 AND a.user_id = $2 AND b.user_id = $3 LIMIT 1",
      {kind, user_a, user_b}, [](const Row&) { return true; });
  if (!found) return std::unexpected(found.error());
  return found->has_value();
}

Result<std::set<std::string>> fellows(Transaction& tx, std::string_view kind, std::string_view user_id,
                                      int limit) {
  std::set<std::string> all;
  const auto done = tx.query(
      "SELECT DISTINCT b.user_id FROM memberships a JOIN memberships b ON b.kind = a.kind AND b.group_id = "
      "a.group_id WHERE a.kind = $1 AND a.user_id = $2 LIMIT $3",
      {kind, user_id, limit}, [&all](const Row& row) { all.insert(row.text(0)); });
  if (!done) return std::unexpected(done.error());
  return all;
}

Result<std::vector<std::string>> groups_of(Transaction& tx, std::string_view kind, std::string_view user_id,
                                           std::string_view before, int limit) {
  return tx.query_all(
      "SELECT group_id FROM memberships WHERE kind = $1 AND user_id = $2 AND group_id < $3 "
      "ORDER BY group_id DESC LIMIT $4",
      {kind, user_id, store::ids_before(before), limit}, [](const Row& row) { return row.text(0); });
}

}  // namespace belfry::memberships
