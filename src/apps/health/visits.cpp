#include "apps/health/visits.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/ids.h"
#include "services/memberships/memberships.h"

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

// In memberships; a patient who is a provider of the visit too is there as that.
constexpr std::string_view kVisits = "health.visit";
// Of one user.
constexpr int kRelatedMax = 100'000;
constexpr std::string_view kPatient = "patient";
constexpr std::string_view kProvider = "provider";

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
  const auto done = tx.run(
      "INSERT INTO visits (id, patient_id, scheduled_at, created_by, created_at) VALUES ($1, $2, $3, $4, $5)",
      {made.id, made.patient_id, made.scheduled_at, made.created_by, made.created_at});
  if (!done) return std::unexpected(done.error());
  for (const std::string& id : made.participants()) {
    const auto role = providers.contains(id) ? kProvider : kPatient;
    if (auto added = memberships::add(tx, kVisits, made.id, id, role, now); !added) {
      return std::unexpected(added.error());
    }
  }
  return made;
}

Result<std::optional<Visit>> find_visit(Transaction& tx, std::string_view id) {
  auto visit =
      tx.query_one("SELECT id, patient_id, scheduled_at, created_by, created_at FROM visits WHERE id = $1",
                   {id}, visit_of);
  if (!visit || !*visit) return visit;
  auto members = memberships::members(tx, kVisits, id);
  if (!members) return std::unexpected(members.error());
  for (memberships::Member& member : *members) {
    if (member.role == kProvider) (*visit)->provider_ids.push_back(std::move(member.user_id));
  }
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
  return memberships::share_group(tx, kVisits, user_a, user_b);
}

Result<std::vector<std::string>> visible_users(Transaction& tx, const Caller& caller,
                                               const std::vector<std::string>& user_ids) {
  // Of many at once: a provider has thousands of visits, and asking for each user would walk them all each
  // time.
  std::set<std::string> related_users;
  if (!caller.is_admin()) {
    auto found = memberships::fellows(tx, kVisits, caller.user_id, kRelatedMax);
    if (!found) return std::unexpected(std::move(found.error()));
    related_users = std::move(*found);
  }
  std::vector<std::string> visible;
  std::set<std::string_view> met;
  for (const std::string& id : user_ids) {
    const bool may_see = caller.is_admin() || id == caller.user_id || related_users.contains(id);
    if (may_see && met.insert(id).second) visible.push_back(id);
  }
  return visible;
}

Result<VisitList> list_visits(Transaction& tx, const Caller& caller, int limit, const std::string& before) {
  // One more than asked says whether there is more.
  auto ids = caller.is_admin() ? tx.query_all("SELECT id FROM visits WHERE id < $1 ORDER BY id DESC LIMIT $2",
                                              {store::ids_before(before), limit + 1},
                                              [](const Row& row) { return row.text(0); })
                               : memberships::groups_of(tx, kVisits, caller.user_id, before, limit + 1);
  if (!ids) return std::unexpected(std::move(ids.error()));
  VisitList list;
  if (ids->size() > static_cast<std::size_t>(limit)) {
    ids->pop_back();
    list.next_cursor = ids->back();
  }
  for (const std::string& id : *ids) {
    auto visit = find_visit(tx, id);
    if (!visit) return std::unexpected(std::move(visit.error()));
    if (*visit) list.items.push_back(std::move(**visit));
  }
  return list;
}

}  // namespace belfry::health
