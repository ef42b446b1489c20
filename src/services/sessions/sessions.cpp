#include "services/sessions/sessions.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "core/ids.h"

namespace belfry::sessions {

namespace {

using store::Row;
using store::Transaction;

// How long a session that has expired is still known.
constexpr WallMs kKeptMs = std::chrono::milliseconds(std::chrono::hours(24)).count();

Session session_of(const Row& row) {
  return {
      .id = row.text(0), .user_id = row.text(1), .expires_at = row.integer(2), .created_at = row.integer(3)};
}

Result<bool> end(Transaction& tx, const Result<std::optional<Session>>& session) {
  if (!session) return std::unexpected(session.error());
  if (!*session) return false;
  const auto done = tx.run("DELETE FROM sessions WHERE id = $1", {(*session)->id});
  if (!done) return std::unexpected(done.error());
  if (*done == 0) return false;
  auto event = std::make_shared<SessionRevoked>();
  event->session = **session;
  tx.tell(std::move(event));
  return true;
}

}  // namespace

std::string lower(std::string_view email) {
  std::string out(email);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

Result<Session> open(Transaction& tx, std::string_view user_id, std::string_view token_digest,
                     WallMs expires_at, WallMs now) {
  if (auto swept = tx.run("DELETE FROM sessions WHERE expires_at < $1", {now - kKeptMs}); !swept) {
    return std::unexpected(swept.error());
  }
  Session made{
      .id = make_uuid7(), .user_id = std::string(user_id), .expires_at = expires_at, .created_at = now};
  const auto done = tx.run(
      "INSERT INTO sessions (id, digest, user_id, expires_at, created_at) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT (digest) DO NOTHING",
      {made.id, token_digest, user_id, expires_at, now});
  if (!done) return std::unexpected(done.error());
  if (*done == 0) return fail(ErrorKind::conflict, "This token is a session's already");
  return made;
}

Result<std::optional<Session>> find(Transaction& tx, std::string_view token_digest) {
  return tx.query_one("SELECT id, user_id, expires_at, created_at FROM sessions WHERE digest = $1",
                      {token_digest}, session_of);
}

Result<std::optional<Session>> find_by_id(Transaction& tx, std::string_view id) {
  return tx.query_one("SELECT id, user_id, expires_at, created_at FROM sessions WHERE id = $1", {id},
                      session_of);
}

Result<std::vector<Session>> list(Transaction& tx, std::string_view user_id, WallMs now, int limit) {
  return tx.query_all(
      "SELECT id, user_id, expires_at, created_at FROM sessions WHERE user_id = $1 AND expires_at > $2 "
      "ORDER BY id DESC LIMIT $3",
      {user_id, now, limit}, session_of);
}

Result<bool> revoke(Transaction& tx, std::string_view token_digest) {
  return end(tx, find(tx, token_digest));
}

Result<bool> revoke_by_id(Transaction& tx, std::string_view id) {
  return end(tx, find_by_id(tx, id));
}

Result<bool> revoke_of(Transaction& tx, std::string_view user_id, std::string_view id) {
  const auto session = find_by_id(tx, id);
  if (session && *session && (*session)->user_id != user_id) return false;
  return end(tx, session);
}

Result<void> register_email(Transaction& tx, std::string_view email, const Credentials& credentials,
                            WallMs now) {
  const auto done = tx.run(
      "INSERT INTO credentials (email, user_id, password_hash, created_at) VALUES ($1, $2, $3, $4) "
      "ON CONFLICT (email) DO NOTHING",
      {lower(email), credentials.user_id, credentials.password_hash, now});
  if (!done) return std::unexpected(done.error());
  if (*done == 0) return fail(ErrorKind::conflict, "Email is already registered");
  return {};
}

Result<std::optional<Credentials>> find_email(Transaction& tx, std::string_view email) {
  return tx.query_one(
      "SELECT user_id, password_hash FROM credentials WHERE email = $1", {lower(email)},
      [](const Row& row) { return Credentials{.user_id = row.text(0), .password_hash = row.text(1)}; });
}

}  // namespace belfry::sessions
