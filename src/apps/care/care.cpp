#include "apps/care/care.h"

#include <utility>

#include "apps/care/resource.h"
#include "apps/common/requests.h"

namespace belfry::care {

namespace {

using apps::Request;

struct FamilyTarget {
  std::string family_id;
};
constexpr auto describe(Type<FamilyTarget>) {
  return fields(field("familyId", &FamilyTarget::family_id));
}

struct LogEvent : LogInput {
  std::string medication_id;
};
constexpr auto describe(Type<LogEvent>) {
  return std::tuple_cat(fields(field("medicationId", &LogEvent::medication_id)), describe(Type<LogInput>{}));
}

}  // namespace

Care::Care(const apps::Parts& parts, bool root)
    : parts_(parts),
      mounts_(apps::mounts_of(parts.server, "care", root)),
      events_(mounts_, parts.log),
      families_(parts, mounts_,
                {.kind = family_rules().kind,
                 .prefix = "family:",
                 .all_by_itself = true,
                 .not_a_member = "Not a family member"}),
      door_(parts, mounts_, events_,
            {.app = "care",
             .refusal =
                 [](const Error& error) {
                   return error.message == "No token provided" ? "Authentication required" : "Invalid token";
                 }},
            {.welcome = [this](const auto& socket,
                               const auto& caller) { families_.welcome(socket, caller.user_id); },
             .leave = [this](const auto& socket, const auto&, auto) { families_.drop(socket); }}),
      family_routes_(parts.store, parts.api, family_rules()),
      notifications_(parts, mounts_, "care"),
      mail_(parts, {.app = "care", .kind = family_rules().kind, .text = alert_mail}) {
  add_events();
  tell_what_happens();
  add_routes(parts.store, parts.api, mail_);
}

void Care::add_events() {
  events_.on<FamilyTarget>("family:join", [this](const Request& request, const FamilyTarget& input) {
    families_.join(request, input.family_id);
  });
  events_.on<FamilyTarget>("family:leave", [this](const Request& request, const FamilyTarget& input) {
    families_.leave(request, input.family_id);
  });
  events_.on<LogEvent>("medication:log", [this](const Request& request, const LogEvent& input) {
    apps::write(
        parts_.store, request, input.medication_id,
        [caller = apps::caller_of(request.socket), input](store::Transaction& tx) {
          return log_medication(tx, caller, input.medication_id, input);
        },
        [](const MedicationLog& log) { return Value{{"data", store::to_json(log)}}; });
  });
}

void Care::tell_what_happens() {
  families_.on_added([this](const memberships::MemberAdded& event) {
    tell(event.group_id, "family.member.added",
         {{"familyId", event.group_id}, {"userId", event.member.user_id}});
  });
  families_.on_removed([this](const memberships::MemberRemoved& event) {
    tell(event.group_id, "family.member.removed", {{"familyId", event.group_id}, {"userId", event.user_id}});
  });
  families_.on<MedicationLogged>([](const MedicationLogged& event) { return event.medication.family_id; },
                                 [this](const MedicationLogged& event) {
                                   tell(event.medication.family_id, "medication.logged",
                                        {{"medicationId", event.medication.id},
                                         {"medicationName", event.medication.name},
                                         {"status", event.log.status},
                                         {"loggedBy", event.log.logged_by},
                                         {"timestamp", event.log.created_at}});
                                 });
  families_.on<AlertCreated>([](const AlertCreated& event) { return event.alert.family_id; },
                             [this](const AlertCreated& event) {
                               tell(event.alert.family_id, "emergency.alert.created",
                                    {{"id", event.alert.id},
                                     {"type", event.alert.type},
                                     {"severity", event.alert.severity},
                                     {"careRecipientId", event.alert.care_recipient_id},
                                     {"createdAt", event.alert.created_at}});
                             });
  families_.on<AlertAcknowledged>(
      [](const AlertAcknowledged& event) { return event.family_id; },
      [this](const AlertAcknowledged& event) {
        tell(event.family_id, "emergency.alert.acknowledged",
             {{"alertId", event.alert_id}, {"acknowledgedBy", event.by}, {"timestamp", event.at}});
      });
  families_.on<ShiftChanged>([](const ShiftChanged& event) { return event.family_id; },
                             [this](const ShiftChanged& shift) {
                               Value payload = {{"shiftId", shift.shift_id},
                                                {"caregiverId", shift.caregiver_id},
                                                {"careRecipientId", shift.care_recipient_id},
                                                {"checkedInAt", shift.checked_in_at}};
                               if (shift.checked_out_at) payload["checkedOutAt"] = *shift.checked_out_at;
                               tell(shift.family_id,
                                    shift.checked_out_at ? "shift.checkout" : "shift.checkin", payload);
                             });
}

void Care::tell(const std::string& family_id, std::string_view event, const Value& payload) const {
  mounts_.tell({families_.room_of(family_id)}, {}, event, payload);
}

}  // namespace belfry::care
