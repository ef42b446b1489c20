#include "services/idempotency/idempotency.h"

#include <utility>

namespace belfry::idempotency {

namespace {

struct Known {
  std::string digest;
  std::string answer;
};

}  // namespace

Result<std::optional<std::string>> claim(store::Transaction& tx, const Request& request, WallMs now) {
  const WallMs oldest = now - std::chrono::milliseconds(kLifetime).count();
  auto forgotten = tx.run("DELETE FROM idempotency_keys WHERE created_at <= $1", {oldest});
  if (!forgotten) return std::unexpected(std::move(forgotten.error()));
  // Where two units claim at once, one waits here for the other's end.
  const auto claimed = tx.run(
      "INSERT INTO idempotency_keys (caller, key, digest, answer, created_at) VALUES ($1, $2, $3, '', $4) "
      "ON CONFLICT (caller, key) DO NOTHING",
      {request.caller, request.key, request.digest, now});
  if (!claimed) return std::unexpected(claimed.error());
  if (*claimed == 1) return std::nullopt;

  auto known = find(tx, request, now);
  if (known && !*known) return fail(ErrorKind::unavailable, "the key was forgotten meanwhile");
  return known;
}

Result<std::optional<std::string>> find(store::Transaction& tx, const Request& request, WallMs now) {
  const WallMs oldest = now - std::chrono::milliseconds(kLifetime).count();
  auto known = tx.query_one(
      "SELECT digest, answer FROM idempotency_keys WHERE caller = $1 AND key = $2 AND created_at > $3",
      {request.caller, request.key, oldest},
      [](const store::Row& row) { return Known{row.text(0), row.text(1)}; });
  if (!known) return std::unexpected(std::move(known.error()));
  if (!*known) return std::nullopt;
  if ((*known)->digest != request.digest) {
    return fail_field("Idempotency-Key", "was used for another request");
  }
  return std::move((*known)->answer);
}

Result<void> record(store::Transaction& tx, const Request& request, std::string_view answer) {
  const auto done = tx.run("UPDATE idempotency_keys SET answer = $3 WHERE caller = $1 AND key = $2",
                           {request.caller, request.key, answer});
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace belfry::idempotency
