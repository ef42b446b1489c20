#include "apps/health/visits.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/ids.h"

namespace belfry::health {

namespace {

using store::Row;
using store::Transaction;

Visit visit_of(const Row& row) {
  return {.id = row.text(0),
          .patient_id = row.text(1),
          .provider_ids = {},
          .scheduled_at = row.optional_integer(2),
          .created_by = row.text(3),
          .created_at = row.integer(4)};
}

Result<void> read_providers(Transaction& tx, Visit& visit) {
  auto ids = tx.query_all("SELECT provider_id FROM visit_providers WHERE visit_id = $1 ORDER BY provider_id",
                          {visit.id}, [](const Row& row) { return row.text(0); });
  if (!ids) return std::unexpected(std::move(ids.error()));
  visit.provider_ids = std::move(*ids);
  return {};
}

}  // namespace

bool Visit::has(std::string_view user_id) const {
  return patient_id == user_id || std::ranges::find(provider_ids, user_id) != provider_ids.end();
}

std::vector<std::string> Visit::participants() const {
  std::vector<std::string> all{patient_id};
  for (const std::string& provider : provider_ids) {
    if (provider != patient_id) all.push_back(provider);
  }
  return all;
}

Value to_json(const Visit& visit) {
  return {{"id", visit.id},
          {"patientId", visit.patient_id},
          {"providerIds", visit.provider_ids},
          {"scheduledAt", visit.scheduled_at ? Value(iso_time(*visit.scheduled_at)) : Value(nullptr)},
          {"createdBy", visit.created_by.empty() ? Value(nullptr) : Value(visit.created_by)},
          {"createdAt", iso_time(visit.created_at)}};
}

Result<Visit> create_visit(Transaction& tx, const NewVisit& visit, std::string_view created_by, WallMs now) {
  const std::set<std::string> providers(visit.provider_ids.begin(), visit.provider_ids.end());
  Visit made{.id = make_uuid7(),
             .patient_id = visit.patient_id,
             .provider_ids = {providers.begin(), providers.end()},
             .scheduled_at = visit.scheduled_at,
             .created_by = std::string(created_by),
             .created_at = now};
  auto done = tx.run(
      "INSERT INTO visits (id, patient_id, scheduled_at, created_by, created_at) VALUES ($1, $2, $3, $4, $5)",
      {made.id, made.patient_id, made.scheduled_at, made.created_by, made.created_at});
  for (const std::string& id : made.provider_ids) {
    if (!done) break;
    done = tx.run("INSERT INTO visit_providers (visit_id, provider_id) VALUES ($1, $2)", {made.id, id});
  }
  if (!done) return std::unexpected(std::move(done.error()));
  return made;
}

// One statement: every message asks.
Result<std::optional<Visit>> find_visit(Transaction& tx, std::string_view id) {
  std::optional<Visit> visit;
  const auto done = tx.query(
      "SELECT v.id, v.patient_id, v.scheduled_at, v.created_by, v.created_at, p.provider_id FROM visits v "
      "LEFT JOIN visit_providers p ON p.visit_id = v.id WHERE v.id = $1 ORDER BY p.provider_id",
      {id}, [&visit](const Row& row) {
        if (!visit) visit = visit_of(row);
        if (!row.is_null(5)) visit->provider_ids.push_back(row.text(5));
      });
  if (!done) return std::unexpected(done.error());
  return visit;
}

Result<Visit> visit_for(Transaction& tx, const Caller& caller, std::string_view id) {
  auto visit = find_visit(tx, id);
  if (!visit) return std::unexpected(std::move(visit.error()));
  if (!*visit || !(caller.is_admin() || (*visit)->has(caller.user_id))) {
    return fail(ErrorKind::forbidden, "Access denied to this conversation");
  }
  return std::move(**visit);
}

Result<bool> related(Transaction& tx, std::string_view user_a, std::string_view user_b) {
  const auto found = tx.query_one(
      "SELECT 1 FROM visits v JOIN visit_providers p ON p.visit_id = v.id "
      "WHERE v.patient_id = $1 AND p.provider_id = $2 "
      "UNION ALL SELECT 1 FROM visits v JOIN visit_providers p ON p.visit_id = v.id "
      "WHERE v.patient_id = $2 AND p.provider_id = $1 "
      "UNION ALL SELECT 1 FROM visit_providers p JOIN visit_providers q ON q.visit_id = p.visit_id "
      "WHERE p.provider_id = $1 AND q.provider_id = $2 LIMIT 1",
      {user_a, user_b}, [](const Row&) { return true; });
  if (!found) return std::unexpected(found.error());
  return found->has_value();
}

Result<std::vector<std::string>> visible_users(Transaction& tx, const Caller& caller,
                                               const std::vector<std::string>& user_ids) {
  std::vector<std::string> visible;
  std::set<std::string_view> met;
  for (const std::string& id : user_ids) {
    if (!met.insert(id).second) continue;
    bool may_see = caller.is_admin() || id == caller.user_id;
    if (!may_see) {
      const auto found = related(tx, caller.user_id, id);
      if (!found) return std::unexpected(found.error());
      may_see = *found;
    }
    if (may_see) visible.push_back(id);
  }
  return visible;
}

Result<VisitList> list_visits(Transaction& tx, const Caller& caller, int limit,
                              const std::optional<std::string>& before) {
  constexpr std::string_view kAll =
      "SELECT id, patient_id, scheduled_at, created_by, created_at FROM visits "
      "WHERE $1 = '' AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3";
  constexpr std::string_view kOwn =
      "SELECT id, patient_id, scheduled_at, created_by, created_at FROM visits WHERE id IN "
      "(SELECT id FROM visits WHERE patient_id = $1 UNION "
      "SELECT visit_id FROM visit_providers WHERE provider_id = $1) "
      "AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3";
  const std::string viewer = caller.is_admin() ? "" : caller.user_id;
  // One more than asked says whether there is more.
  auto found =
      tx.query_all(caller.is_admin() ? kAll : kOwn, {viewer, before.value_or(""), limit + 1}, visit_of);
  if (!found) return std::unexpected(std::move(found.error()));
  VisitList list{.items = std::move(*found), .next_cursor = {}};
  if (list.items.size() > static_cast<std::size_t>(limit)) {
    list.items.pop_back();
    list.next_cursor = list.items.back().id;
  }
  for (Visit& visit : list.items) {
    if (auto read = read_providers(tx, visit); !read) return std::unexpected(std::move(read.error()));
  }
  return list;
}

}  // namespace belfry::health
