// What the app keeps: whom families care for, medications, alerts, shifts.
#pragma once

#include <optional>
#include <string>

#include "store/records.h"

namespace belfry::care {

using store::Time;

/// Somebody whom a family cares for.
struct Recipient {
  std::string id;
  std::string family_id;
  std::string name;
  Time created_at;
};
constexpr auto describe(Type<Recipient>) {
  return fields(field("id", &Recipient::id), field("familyId", &Recipient::family_id),
                field("name", &Recipient::name), field("createdAt", &Recipient::created_at));
}

struct Medication {
  std::string id;
  std::string family_id;
  std::string care_recipient_id;
  std::string name;
  std::optional<std::string> dosage;
  std::optional<std::string> schedule;
  Time created_at;
};
constexpr auto describe(Type<Medication>) {
  return fields(field("id", &Medication::id), field("familyId", &Medication::family_id),
                field("careRecipientId", &Medication::care_recipient_id), field("name", &Medication::name),
                field("dosage", &Medication::dosage), field("schedule", &Medication::schedule),
                field("createdAt", &Medication::created_at));
}

/// That a medication was given, or why not.
struct MedicationLog {
  std::string id;
  std::string medication_id;
  std::string status;  ///< GIVEN, SKIPPED, MISSED or REFUSED
  std::optional<std::string> notes;
  Time scheduled_time;
  std::string logged_by;
  Time created_at;
};
constexpr auto describe(Type<MedicationLog>) {
  return fields(field("id", &MedicationLog::id), field("medicationId", &MedicationLog::medication_id),
                field("status", &MedicationLog::status), field("notes", &MedicationLog::notes),
                field("scheduledTime", &MedicationLog::scheduled_time),
                field("loggedBy", &MedicationLog::logged_by), field("createdAt", &MedicationLog::created_at));
}

struct Alert {
  std::string id;
  std::string family_id;
  std::string care_recipient_id;
  std::string type;
  std::string severity;  ///< LOW, MEDIUM, HIGH or CRITICAL
  std::optional<std::string> message;
  std::string created_by;
  Time created_at;
  std::optional<std::string> acknowledged_by;
  std::optional<Time> acknowledged_at;
};
constexpr auto describe(Type<Alert>) {
  return fields(field("id", &Alert::id), field("familyId", &Alert::family_id),
                field("careRecipientId", &Alert::care_recipient_id), field("type", &Alert::type),
                field("severity", &Alert::severity), field("message", &Alert::message),
                field("createdBy", &Alert::created_by), field("createdAt", &Alert::created_at),
                field("acknowledgedBy", &Alert::acknowledged_by),
                field("acknowledgedAt", &Alert::acknowledged_at));
}

struct Shift {
  std::string id;
  std::string family_id;
  std::string care_recipient_id;
  std::string caregiver_id;
  Time starts_at;
  Time ends_at;
  std::optional<Time> checked_in_at;
  std::optional<Time> checked_out_at;
  Time created_at;
};
constexpr auto describe(Type<Shift>) {
  return fields(field("id", &Shift::id), field("familyId", &Shift::family_id),
                field("careRecipientId", &Shift::care_recipient_id),
                field("caregiverId", &Shift::caregiver_id), field("startsAt", &Shift::starts_at),
                field("endsAt", &Shift::ends_at), field("checkedInAt", &Shift::checked_in_at),
                field("checkedOutAt", &Shift::checked_out_at), field("createdAt", &Shift::created_at));
}

}  // namespace belfry::care
