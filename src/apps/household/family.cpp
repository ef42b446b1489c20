#include "apps/household/family.h"

#include <memory>
#include <utility>

#include "apps/household/chats.h"
#include "services/memberships/memberships.h"

namespace belfry::household {

apps::GroupRules family_rules() {
  return {.kind = "household.family",
          .path = "/v1/household/families",
          .id_field = "familyId",
          .not_found = "Family not found",
          .roles = {std::string(kParent), std::string(kChild)},
          .default_role = "",
          .dress = [](Value json) { return json.contains("id") ? with_both_ids(std::move(json)) : json; },
          .on_removed = leave_chats};
}

void notify(Transaction& tx, const std::string& home, const std::optional<std::string>& family_id,
            std::vector<std::string> user_ids, std::string_view event, const std::string& user_id,
            Value more) {
  if (user_ids.empty()) return;
  auto notice = std::make_shared<Notice>();
  notice->home = home;
  notice->user_ids = std::move(user_ids);
  notice->event = event;
  notice->payload = std::move(more);
  notice->payload["familyId"] = apps::json_or_null(family_id);
  notice->payload["userId"] = user_id.empty() ? Value(nullptr) : Value(user_id);
  tx.tell(std::move(notice));
}

void notify(Transaction& tx, const std::string& family_id, std::vector<std::string> user_ids,
            std::string_view event, const std::string& user_id, Value more) {
  notify(tx, family_id, family_id, std::move(user_ids), event, user_id, std::move(more));
}

Result<std::vector<std::string>> holders(Transaction& tx, const std::string& family_id,
                                         std::string_view role) {
  const auto members = memberships::members(tx, family_rules().kind, family_id);
  if (!members) return std::unexpected(members.error());
  std::vector<std::string> ids;
  for (const auto& member : *members) {
    if (member.role == role) ids.push_back(member.user_id);
  }
  return ids;
}

Result<void> check_member(Transaction& tx, const std::string& family_id, const std::string& field,
                          const std::string& user_id) {
  const auto role = memberships::role_of(tx, family_rules().kind, family_id, user_id);
  if (!role) return std::unexpected(role.error());
  if (!*role) return fail_field(field, "must be a member of the family");
  return {};
}

Result<void> check_karma(const std::string& field, std::int64_t amount, std::int64_t least) {
  if (amount >= least && amount <= kKarmaMax) return {};
  return fail_field(
      field, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(kKarmaMax));
}

}  // namespace belfry::household
