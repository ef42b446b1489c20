#include "server/event_forms.h"

#include "apps/care/rules.h"
#include "apps/groups/rules.h"
#include "apps/health/calling.h"
#include "apps/health/messages.h"
#include "apps/health/receipts.h"
#include "apps/household/chats.h"
#include "apps/household/family.h"
#include "server/operator.h"
#include "services/accounts/accounts.h"
#include "services/jobs/jobs.h"
#include "services/mail/absences.h"
#include "services/mail/mail.h"
#include "services/memberships/memberships.h"
#include "services/notifications/notifications.h"
#include "services/sessions/sessions.h"

namespace belfry::server {

namespace {

void add_services(EventForms& forms) {
  forms.add<accounts::RoleChanged>("accounts.role");
  forms.add<accounts::UserBlocked>("accounts.blocked");
  forms.add<jobs::JobCreated>("jobs.created");
  forms.add<mail::MailQueued>("mail.queued");
  forms.add<mail::NoticeKept>("mail.notice");
  forms.add<memberships::MemberAdded>("memberships.added");
  forms.add<memberships::MemberRemoved>("memberships.removed");
  forms.add<notifications::NotificationMade>("notifications.made");
  forms.add<notifications::NotificationRead>("notifications.read");
  forms.add<notifications::AllNotificationsRead>("notifications.read_all");
  forms.add<sessions::SessionRevoked>("sessions.revoked");
}

void add_apps(EventForms& forms) {
  forms.add<care::MedicationLogged>("care.medication_logged");
  forms.add<care::AlertCreated>("care.alert_created");
  forms.add<care::AlertAcknowledged>("care.alert_acknowledged");
  forms.add<care::ShiftChanged>("care.shift_changed");
  forms.add<groups::MessageSaid>("groups.said");
  forms.add<groups::MessageSeen>("groups.seen");
  forms.add<groups::OnlineChanged>("groups.online");
  forms.add<health::CallChanged>("health.call");
  forms.add<health::MessageStored>("health.stored");
  forms.add<health::MessageDelivered>("health.delivered");
  forms.add<health::MessagesRead>("health.read");
  forms.add<household::Notice>("household.notice");
  forms.add<household::MessageSaid>("household.said");
  forms.add<household::MessagesSeen>("household.seen");
}

}  // namespace

EventForms event_forms(const std::vector<ExtraApp>& extra) {
  EventForms forms;
  add_services(forms);
  add_apps(forms);
  Operator::add_forms(forms);
  for (const ExtraApp& app : extra) {
    if (app.events) app.events(forms);
  }
  return forms;
}

}  // namespace belfry::server
