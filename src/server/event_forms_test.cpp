#include "server/event_forms.h"

#include <gtest/gtest.h>

#include "apps/care/rules.h"
#include "apps/health/messages.h"
#include "apps/household/family.h"
#include "services/mail/absences.h"
#include "services/notifications/notifications.h"
#include "services/sessions/sessions.h"

namespace belfry::server {

namespace {

/// What another node reads of `event`.
template <class E>
std::shared_ptr<const E> sent(const E& event) {
  const EventForms forms = event_forms({});
  const auto text = forms.write(event);
  if (!text) throw std::runtime_error("no form");
  const auto read = forms.read(text->type, text->data);
  if (!read) throw std::runtime_error(read.error().text());
  return std::dynamic_pointer_cast<const E>(*read);
}

conversations::Message message() {
  return {.id = "01",
          .conversation_id = "visit",
          .seq = 7,
          .sender_id = "ann",
          .text = "“hello”\n",
          .attachments = Value::array({{{"url", "https://example.org/a"}}}),
          .reply_to = "00",
          .created_at = 1'700'000'000'123};
}

}  // namespace

TEST(EventFormsOfAll, KeepMessages) {
  health::MessageStored stored;
  stored.message = message();
  stored.participants = {"ann", "dr"};
  stored.answered_socket = "socket";
  stored.received_at = TimePoint::clock::now();
  const auto read = sent(stored);
  EXPECT_EQ(read->message, stored.message);
  EXPECT_EQ(read->participants, stored.participants);
  EXPECT_EQ(read->answered_socket, "socket");
  EXPECT_FALSE(read->received_at) << "the clock of one node says nothing to another";
}

TEST(EventFormsOfAll, KeepTimesToTheMillisecond) {
  care::ShiftChanged shift;
  shift.checked_in_at = {1'700'000'000'123};
  const auto read = sent(shift);
  EXPECT_EQ(read->checked_in_at.ms, 1'700'000'000'123);
  EXPECT_FALSE(read->checked_out_at);

  mail::NoticeKept kept;
  kept.notice.created_at = {-1};
  EXPECT_EQ(sent(kept)->notice.created_at.ms, -1);
}

TEST(EventFormsOfAll, KeepPayloadsOfAnyShape) {
  household::Notice notice;
  notice.user_ids = {"ann"};
  notice.payload = {{"task", {{"karma", 3}, {"share", 0.1}, {"none", nullptr}}}};
  EXPECT_EQ(sent(notice)->payload, notice.payload);

  notifications::NotificationMade made;
  made.notification.content.data = Value::array({1, "two"});
  const auto read = sent(made);
  EXPECT_EQ(read->notification.content.data, made.notification.content.data);
  EXPECT_FALSE(read->notification.content.topic);
}

TEST(EventFormsOfAll, KeepSessions) {
  sessions::SessionRevoked revoked;
  revoked.session = {.id = "1", .user_id = "ann", .expires_at = 5, .created_at = 4};
  EXPECT_EQ(sent(revoked)->session, revoked.session);
}

struct Rang : Event {
  std::string tower;
};
constexpr auto describe(Type<Rang>) {
  return fields(field("tower", &Rang::tower));
}

TEST(EventFormsOfAll, AddThoseOfAppsFromOutside) {
  EXPECT_FALSE(event_forms({}).write(Rang()));
  const auto add = [](EventForms& forms) { forms.add<Rang>("notes.rang"); };
  EXPECT_TRUE(event_forms({{.name = "notes", .make = {}, .migrations = {}, .events = add}}).write(Rang()));
}

}  // namespace belfry::server
