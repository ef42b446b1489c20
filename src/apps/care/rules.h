// Who may do what in a family, and what follows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/care/records.h"
#include "apps/common/absent_mail.h"
#include "apps/common/api.h"
#include "apps/common/group_routes.h"
#include "core/event.h"

namespace belfry::care {

using apps::Caller;

inline constexpr std::string_view kApp = "care";

/// Families: groups whose members are admins, caregivers or just members.
apps::GroupRules family_rules();

// ---- what clients and servers send ----

struct RecipientInput {
  std::string family_id;
  std::string name;
};
constexpr auto describe(Type<RecipientInput>) {
  return fields(field("familyId", &RecipientInput::family_id), field("name", &RecipientInput::name));
}

struct MedicationInput {
  std::string care_recipient_id;
  std::string name;
  std::optional<std::string> dosage;
  std::optional<std::string> schedule;
};
constexpr auto describe(Type<MedicationInput>) {
  return fields(field("careRecipientId", &MedicationInput::care_recipient_id),
                field("name", &MedicationInput::name), field("dosage", &MedicationInput::dosage),
                field("schedule", &MedicationInput::schedule));
}

struct LogInput {
  std::string status;
  std::optional<std::string> notes;
  std::optional<std::string> scheduled_time;  ///< absent: now
};
constexpr auto describe(Type<LogInput>) {
  return fields(field("status", &LogInput::status), field("notes", &LogInput::notes),
                field("scheduledTime", &LogInput::scheduled_time));
}

struct AlertInput {
  std::string care_recipient_id;
  std::string type;
  std::string severity;
  std::optional<std::string> message;
};
constexpr auto describe(Type<AlertInput>) {
  return fields(field("careRecipientId", &AlertInput::care_recipient_id), field("type", &AlertInput::type),
                field("severity", &AlertInput::severity), field("message", &AlertInput::message));
}

struct ShiftInput {
  std::string care_recipient_id;
  std::string caregiver_id;
  std::string starts_at;
  std::string ends_at;
};
constexpr auto describe(Type<ShiftInput>) {
  return fields(field("careRecipientId", &ShiftInput::care_recipient_id),
                field("caregiverId", &ShiftInput::caregiver_id), field("startsAt", &ShiftInput::starts_at),
                field("endsAt", &ShiftInput::ends_at));
}

// ---- what happened, told after the commit ----

struct MedicationLogged : Event {
  Medication medication;
  MedicationLog log;
};
constexpr auto describe(Type<MedicationLogged>) {
  return fields(field("medication", &MedicationLogged::medication), field("log", &MedicationLogged::log));
}
struct AlertCreated : Event {
  Alert alert;
};
constexpr auto describe(Type<AlertCreated>) {
  return fields(field("alert", &AlertCreated::alert));
}
struct AlertAcknowledged : Event {
  std::string family_id;
  std::string alert_id;
  std::string by;
  Time at;
};
constexpr auto describe(Type<AlertAcknowledged>) {
  return fields(field("familyId", &AlertAcknowledged::family_id),
                field("alertId", &AlertAcknowledged::alert_id), field("by", &AlertAcknowledged::by),
                field("at", &AlertAcknowledged::at));
}
/// Somebody checked in, or out where `checked_out_at` is there.
struct ShiftChanged : Event {
  std::string family_id;
  std::string shift_id;
  std::string caregiver_id;
  std::string care_recipient_id;
  Time checked_in_at;
  std::optional<Time> checked_out_at;
};
constexpr auto describe(Type<ShiftChanged>) {
  return fields(field("familyId", &ShiftChanged::family_id), field("shiftId", &ShiftChanged::shift_id),
                field("caregiverId", &ShiftChanged::caregiver_id),
                field("careRecipientId", &ShiftChanged::care_recipient_id),
                field("checkedInAt", &ShiftChanged::checked_in_at),
                field("checkedOutAt", &ShiftChanged::checked_out_at));
}

// ---- doing it ----

/// These run inside a unit of work. Of a family that the caller does not belong to, nothing is found
/// (`not_found`): nothing says that there is such a thing. Admins and other servers see all. They fail with
/// `invalid` where a field is wrong.

Result<Recipient> add_recipient(store::Transaction& tx, const Caller& caller, const RecipientInput& input);
Result<std::vector<Recipient>> list_recipients(store::Transaction& tx, const Caller& caller,
                                               const std::string& family_id, const apps::Page& page);

Result<Medication> add_medication(store::Transaction& tx, const Caller& caller, const MedicationInput& input);
Result<std::vector<Medication>> list_medications(store::Transaction& tx, const Caller& caller,
                                                 const std::string& recipient_id, const apps::Page& page);

Result<MedicationLog> log_medication(store::Transaction& tx, const Caller& caller,
                                     const std::string& medication_id, const LogInput& input);
Result<std::vector<MedicationLog>> list_logs(store::Transaction& tx, const Caller& caller,
                                             const std::string& medication_id, const apps::Page& page);

/// Makes a notification for every member, too, and a mail for those who are not there.
Result<Alert> raise_alert(store::Transaction& tx, const Caller& caller, const AlertInput& input,
                          const apps::AbsentMail& mail);
Result<apps::MailText> alert_mail(store::Transaction& tx, const mail::Notice& notice);
/// Fails with `conflict` where somebody was first.
Result<Alert> acknowledge_alert(store::Transaction& tx, const Caller& caller, const std::string& alert_id);
Result<std::vector<Alert>> list_alerts(store::Transaction& tx, const Caller& caller,
                                       const std::string& family_id, const apps::Page& page);

Result<Shift> plan_shift(store::Transaction& tx, const Caller& caller, const ShiftInput& input);
/// By the caregiver or an admin of the family, else `forbidden`; once each, in this order, else `conflict`.
Result<Shift> check_in(store::Transaction& tx, const Caller& caller, const std::string& shift_id);
Result<Shift> check_out(store::Transaction& tx, const Caller& caller, const std::string& shift_id);
Result<std::vector<Shift>> list_shifts(store::Transaction& tx, const Caller& caller,
                                       const std::string& family_id, const apps::Page& page);

}  // namespace belfry::care
