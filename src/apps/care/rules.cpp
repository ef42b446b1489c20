#include "apps/care/rules.h"

#include <utility>

#include "apps/common/group_records.h"
#include "core/ids.h"
#include "services/mail/mail.h"
#include "services/memberships/memberships.h"
#include "services/notifications/notifications.h"

namespace belfry::care {

namespace {

using store::Transaction;

constexpr std::size_t kNameMax = 200;
constexpr std::size_t kTextMax = 4'000;

Result<Time> read_time(const std::string& name, const std::string& text) {
  const auto time = parse_iso_time(text);
  if (!time) return fail_field(name, "must be an ISO 8601 time");
  return Time{*time};
}

template <class T>
Result<T> find_for(Transaction& tx, const Caller& caller, std::string_view table, const std::string& id,
                   const char* not_found) {
  return apps::find_in_group<T>(tx, family_rules(), caller, table, id, not_found);
}
Result<Recipient> recipient_for(Transaction& tx, const Caller& caller, const std::string& id) {
  return find_for<Recipient>(tx, caller, "care_recipients", id, "Care recipient not found");
}
Result<Medication> medication_for(Transaction& tx, const Caller& caller, const std::string& id) {
  return find_for<Medication>(tx, caller, "care_medications", id, "Medication not found");
}

template <class T>
Result<std::vector<T>> list_of(Transaction& tx, const Caller& caller, std::string_view table,
                               const std::string& family_id, const apps::Page& page) {
  return apps::list_in_group<T>(tx, family_rules(), caller, table, family_id, page);
}

std::string what_happened(const Alert& alert) {
  return alert.type + (alert.message ? ": " + *alert.message : "");
}

Result<void> notify_members(Transaction& tx, const Alert& alert, const std::string& recipient) {
  const auto members = memberships::members(tx, family_rules().kind, alert.family_id);
  if (!members) return std::unexpected(members.error());
  const bool grave = alert.severity == "HIGH" || alert.severity == "CRITICAL";
  const notifications::NewNotification content{.type = grave                        ? "error"
                                                       : alert.severity == "MEDIUM" ? "warning"
                                                                                    : "info",
                                               .title = "Emergency alert",
                                               .message = recipient + ": " + what_happened(alert),
                                               .data = {{"alertId", alert.id}, {"familyId", alert.family_id}},
                                               .priority = grave ? "urgent" : "high"};
  for (const auto& member : *members) {
    const auto made = notifications::notify(tx, kApp, member.user_id, content, alert.created_at.ms);
    if (!made) return std::unexpected(made.error());
  }
  return {};
}

/// Checks in (`column` checked_in_at) or out.
Result<Shift> stamp_shift(Transaction& tx, const Caller& caller, const std::string& id, bool in) {
  const auto shift = find_for<Shift>(tx, caller, "care_shifts", id, "Shift not found");
  if (!shift) return shift;
  if (caller.user_id != shift->caregiver_id) {
    if (auto allowed = apps::check_manager(tx, family_rules(), caller, shift->family_id); !allowed) {
      return std::unexpected(std::move(allowed.error()));
    }
  }
  const auto done =
      tx.run(in ? "UPDATE care_shifts SET checked_in_at = $2 WHERE id = $1 AND checked_in_at IS NULL"
                : "UPDATE care_shifts SET checked_out_at = $2 WHERE id = $1 AND checked_in_at IS NOT NULL "
                  "AND checked_out_at IS NULL",
             {id, wall_now_ms()});
  if (!done) return std::unexpected(done.error());
  if (*done == 0) {
    if (in) return fail(ErrorKind::conflict, "This shift has begun already");
    return fail(ErrorKind::conflict,
                shift->checked_in_at ? "This shift has ended already" : "This shift has not begun");
  }
  auto changed = find_for<Shift>(tx, caller, "care_shifts", id, "Shift not found");
  if (changed) {
    apps::tell<ShiftChanged>(tx, [&](ShiftChanged& event) {
      event.family_id = changed->family_id;
      event.shift_id = changed->id;
      event.caregiver_id = changed->caregiver_id;
      event.care_recipient_id = changed->care_recipient_id;
      event.checked_in_at = changed->checked_in_at.value_or(Time());
      event.checked_out_at = changed->checked_out_at;
    });
  }
  return changed;
}

}  // namespace

apps::GroupRules family_rules() {
  return {.kind = "care.family",
          .path = "/v1/care/families",
          .id_field = "familyId",
          .not_found = "Family not found",
          .roles = {"admin", "caregiver", "member"},
          .default_role = "",
          .on_removed = [](Transaction& tx, const std::string& family_id, const std::string& user_id) {
            return mail::withdraw(tx, kApp, family_id, user_id);
          }};
}

Result<Recipient> add_recipient(Transaction& tx, const Caller& caller, const RecipientInput& input) {
  if (auto good = apps::check_text("name", input.name, kNameMax); !good) return std::unexpected(good.error());
  if (auto role = apps::role_in(tx, family_rules(), caller, input.family_id); !role) {
    return std::unexpected(role.error());
  }
  return apps::keep(tx, "care_recipients",
                    Recipient{.id = make_uuid7(),
                              .family_id = input.family_id,
                              .name = input.name,
                              .created_at = {wall_now_ms()}});
}

Result<std::vector<Recipient>> list_recipients(Transaction& tx, const Caller& caller,
                                               const std::string& family_id, const apps::Page& page) {
  return list_of<Recipient>(tx, caller, "care_recipients", family_id, page);
}

Result<Medication> add_medication(Transaction& tx, const Caller& caller, const MedicationInput& input) {
  Result<void> good = apps::check_text("name", input.name, kNameMax);
  if (good) good = apps::check_optional_text("dosage", input.dosage, kTextMax);
  if (good) good = apps::check_optional_text("schedule", input.schedule, kTextMax);
  if (!good) return std::unexpected(good.error());
  const auto recipient = recipient_for(tx, caller, input.care_recipient_id);
  if (!recipient) return std::unexpected(recipient.error());
  return apps::keep(tx, "care_medications",
                    Medication{.id = make_uuid7(),
                               .family_id = recipient->family_id,
                               .care_recipient_id = recipient->id,
                               .name = input.name,
                               .dosage = input.dosage,
                               .schedule = input.schedule,
                               .created_at = {wall_now_ms()}});
}

Result<std::vector<Medication>> list_medications(Transaction& tx, const Caller& caller,
                                                 const std::string& recipient_id, const apps::Page& page) {
  if (auto recipient = recipient_for(tx, caller, recipient_id); !recipient) {
    return std::unexpected(recipient.error());
  }
  return store::list<Medication>(tx, "care_medications",
                                 "care_recipient_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                                 {recipient_id, store::ids_before(page.before), page.wanted()});
}

Result<MedicationLog> log_medication(Transaction& tx, const Caller& caller, const std::string& medication_id,
                                     const LogInput& input) {
  const WallMs now = wall_now_ms();
  Result<void> good = apps::check_is_user(caller);
  if (good) good = apps::check_word("status", input.status, {"GIVEN", "SKIPPED", "MISSED", "REFUSED"});
  if (good) good = apps::check_optional_text("notes", input.notes, kTextMax);
  if (!good) return std::unexpected(good.error());
  const auto time = input.scheduled_time ? read_time("scheduledTime", *input.scheduled_time) : Time{now};
  if (!time) return std::unexpected(time.error());
  const auto medication = medication_for(tx, caller, medication_id);
  if (!medication) return std::unexpected(medication.error());
  auto log = apps::keep(tx, "care_logs",
                        MedicationLog{.id = make_uuid7(),
                                      .medication_id = medication_id,
                                      .status = input.status,
                                      .notes = input.notes,
                                      .scheduled_time = *time,
                                      .logged_by = caller.user_id,
                                      .created_at = {now}});
  if (log) {
    apps::tell<MedicationLogged>(tx, [&](MedicationLogged& event) {
      event.medication = *medication;
      event.log = *log;
    });
  }
  return log;
}

Result<std::vector<MedicationLog>> list_logs(Transaction& tx, const Caller& caller,
                                             const std::string& medication_id, const apps::Page& page) {
  if (auto medication = medication_for(tx, caller, medication_id); !medication) {
    return std::unexpected(medication.error());
  }
  return store::list<MedicationLog>(tx, "care_logs",
                                    "medication_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                                    {medication_id, store::ids_before(page.before), page.wanted()});
}

Result<Alert> raise_alert(Transaction& tx, const Caller& caller, const AlertInput& input,
                          const apps::AbsentMail& mail) {
  Result<void> good = apps::check_is_user(caller);
  if (good) good = apps::check_text("type", input.type, kNameMax);
  if (good) good = apps::check_word("severity", input.severity, {"LOW", "MEDIUM", "HIGH", "CRITICAL"});
  if (good) good = apps::check_optional_text("message", input.message, kTextMax);
  if (!good) return std::unexpected(good.error());
  const auto recipient = recipient_for(tx, caller, input.care_recipient_id);
  if (!recipient) return std::unexpected(recipient.error());
  auto alert = apps::keep(tx, "care_alerts",
                          Alert{.id = make_uuid7(),
                                .family_id = recipient->family_id,
                                .care_recipient_id = recipient->id,
                                .type = input.type,
                                .severity = input.severity,
                                .message = input.message,
                                .created_by = caller.user_id,
                                .created_at = {wall_now_ms()},
                                .acknowledged_by = {},
                                .acknowledged_at = {}});
  if (!alert) return alert;
  apps::tell<AlertCreated>(tx, [&](AlertCreated& event) { event.alert = *alert; });
  if (auto told = notify_members(tx, *alert, recipient->name); !told) return std::unexpected(told.error());
  const Value about = {
      {"recipient", recipient->name}, {"alert", what_happened(*alert)}, {"severity", alert->severity}};
  if (auto kept = mail.expect(tx, alert->family_id, "", about); !kept) return std::unexpected(kept.error());
  return alert;
}

Result<apps::MailText> alert_mail(Transaction&, const mail::Notice& notice) {
  const Value about = Value::parse(notice.input);
  const std::string recipient = about.value("recipient", "");
  return apps::MailText{.subject = "Emergency alert: " + recipient,
                        .text = recipient + ": " + about.value("alert", "") + "\n\nSeverity: " +
                                about.value("severity", "") + "\nAt: " + iso_time(notice.created_at.ms)};
}

Result<Alert> acknowledge_alert(Transaction& tx, const Caller& caller, const std::string& alert_id) {
  if (auto good = apps::check_is_user(caller); !good) return std::unexpected(good.error());
  auto alert = find_for<Alert>(tx, caller, "care_alerts", alert_id, "Alert not found");
  if (!alert) return alert;
  if (alert->acknowledged_by) return fail(ErrorKind::conflict, "This alert is acknowledged already");
  alert->acknowledged_by = caller.user_id;
  alert->acknowledged_at = Time{wall_now_ms()};
  const auto done = tx.run(
      "UPDATE care_alerts SET acknowledged_by = $2, acknowledged_at = $3 WHERE id = $1 AND acknowledged_by "
      "IS "
      "NULL",
      {alert_id, alert->acknowledged_by, alert->acknowledged_at->ms});
  if (!done) return std::unexpected(done.error());
  if (*done == 0) return fail(ErrorKind::conflict, "This alert is acknowledged already");
  apps::tell<AlertAcknowledged>(tx, [&](AlertAcknowledged& event) {
    event.family_id = alert->family_id;
    event.alert_id = alert->id;
    event.by = *alert->acknowledged_by;
    event.at = *alert->acknowledged_at;
  });
  return alert;
}

Result<std::vector<Alert>> list_alerts(Transaction& tx, const Caller& caller, const std::string& family_id,
                                       const apps::Page& page) {
  return list_of<Alert>(tx, caller, "care_alerts", family_id, page);
}

Result<Shift> plan_shift(Transaction& tx, const Caller& caller, const ShiftInput& input) {
  const auto starts = read_time("startsAt", input.starts_at);
  if (!starts) return std::unexpected(starts.error());
  const auto ends = read_time("endsAt", input.ends_at);
  if (!ends) return std::unexpected(ends.error());
  if (ends->ms <= starts->ms) return fail_field("endsAt", "must be after startsAt");
  const auto recipient = recipient_for(tx, caller, input.care_recipient_id);
  if (!recipient) return std::unexpected(recipient.error());
  const auto role = memberships::role_of(tx, family_rules().kind, recipient->family_id, input.caregiver_id);
  if (!role) return std::unexpected(role.error());
  if (!*role) return fail_field("caregiverId", "must be a member of the family");
  return apps::keep(tx, "care_shifts",
                    Shift{.id = make_uuid7(),
                          .family_id = recipient->family_id,
                          .care_recipient_id = recipient->id,
                          .caregiver_id = input.caregiver_id,
                          .starts_at = *starts,
                          .ends_at = *ends,
                          .checked_in_at = {},
                          .checked_out_at = {},
                          .created_at = {wall_now_ms()}});
}

Result<Shift> check_in(Transaction& tx, const Caller& caller, const std::string& shift_id) {
  return stamp_shift(tx, caller, shift_id, true);
}
Result<Shift> check_out(Transaction& tx, const Caller& caller, const std::string& shift_id) {
  return stamp_shift(tx, caller, shift_id, false);
}
Result<std::vector<Shift>> list_shifts(Transaction& tx, const Caller& caller, const std::string& family_id,
                                       const apps::Page& page) {
  return list_of<Shift>(tx, caller, "care_shifts", family_id, page);
}

}  // namespace belfry::care
