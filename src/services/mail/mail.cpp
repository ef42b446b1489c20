#include "services/mail/mail.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/ids.h"
#include "smtp/address.h"

namespace belfry::mail {

namespace {

using store::Row;
using store::Transaction;

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

Result<void> check_length(const char* field, std::string_view text, std::size_t max) {
  if (text.size() > max) return fail_field(field, "longer than " + std::to_string(max) + " bytes");
  return {};
}

Result<void> check_line(const char* field, std::string_view text, std::size_t max) {
  if (has_control(text)) return fail_field(field, "must not hold control characters");
  return check_length(field, text, max);
}

Result<void> check(const NewMail& mail) {
  if (!smtp::is_address(mail.to)) return fail_field("to", "must be an e-mail address");
  if (mail.subject.empty()) return fail_field("subject", "must not be empty");
  if (auto good = check_line("subject", mail.subject, kSubjectMax); !good) return good;
  if (mail.text.empty()) return fail_field("text", "must not be empty");
  if (auto good = check_length("text", mail.text, kTextMax); !good) return good;
  if (auto good = check_length("html", mail.html, kHtmlMax); !good) return good;
  return check_line("unsubscribeUrl", mail.unsubscribe_url, kUrlMax);
}

void tell_queued(Transaction& tx, const std::string& id) {
  auto event = std::make_shared<MailQueued>();
  event->mail_id = id;
  tx.tell(std::move(event));
}

Result<void> only_error(const Result<std::int64_t>& done) {
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace

Value to_json(const MailStatus& mail) {
  const bool queued = mail.state == kQueued;
  return {{"id", mail.id},
          {"app", mail.app},
          {"userId", mail.user_id.empty() ? Value(nullptr) : Value(mail.user_id)},
          {"to", mail.recipient},
          {"subject", mail.subject},
          {"state", mail.state},
          {"tries", mail.tries},
          {"error", mail.error ? Value(*mail.error) : Value(nullptr)},
          {"nextTryAt", queued ? Value(mail.due_at) : Value(nullptr)},
          {"createdAt", mail.created_at},
          {"endedAt", mail.ended_at ? Value(*mail.ended_at) : Value(nullptr)}};
}

Result<Mail> queue(Transaction& tx, const NewMail& mail, WallMs now) {
  if (auto good = check(mail); !good) return std::unexpected(std::move(good.error()));
  Mail made;
  made.id = make_uuid7();
  made.app = mail.app;
  made.user_id = mail.user_id;
  made.group_id = mail.group_id;
  made.recipient = mail.to;
  made.subject = mail.subject;
  made.state = kQueued;
  made.due_at = {now};
  made.created_at = {now};
  made.text = mail.text;
  made.html = mail.html;
  made.unsubscribe_url = mail.unsubscribe_url;
  if (auto kept = store::insert(tx, "mails", made); !kept) return std::unexpected(std::move(kept.error()));
  tell_queued(tx, made.id);
  return made;
}

Result<void> withdraw(Transaction& tx, std::string_view app, std::string_view group_id,
                      std::string_view user_id) {
  return only_error(
      tx.run("DELETE FROM mails WHERE app = $1 AND group_id = $2 AND user_id = $3 AND state <> 'sent'",
             {app, group_id, user_id}));
}

Result<std::vector<MailStatus>> list(Transaction& tx, std::string_view state, std::string_view before,
                                     int limit) {
  const std::string_view newest = store::ids_before(before);
  if (state.empty()) {
    return store::list<MailStatus>(tx, "mails", "id < $1 ORDER BY id DESC LIMIT $2", {newest, limit});
  }
  return store::list<MailStatus>(tx, "mails", "state = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                                 {state, newest, limit});
}

Result<std::optional<Mail>> find(Transaction& tx, std::string_view id) {
  return store::find<Mail>(tx, "mails", "id = $1", {id});
}

Result<std::int64_t> count_queued(Transaction& tx) {
  const auto count = tx.query_one("SELECT count(*) FROM mails WHERE state = 'queued'", {},
                                  [](const Row& row) { return row.integer(0); });
  if (!count) return std::unexpected(count.error());
  return count->value_or(0);
}

Result<Mail> send_again(Transaction& tx, std::string_view id, WallMs now) {
  auto found = store::find<Mail>(tx, "mails", "id = $1", {id});
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found) return fail(ErrorKind::not_found, "Mail not found");
  Mail mail = std::move(**found);
  if (mail.state != kFailed) return fail(ErrorKind::conflict, "This mail has not failed");
  const auto done = tx.run(
      "UPDATE mails SET state = 'queued', tries = 0, due_at = $2, leased_by = '', ended_at = NULL "
      "WHERE id = $1 AND state = 'failed'",
      {id, now});
  if (!done) return std::unexpected(done.error());
  if (*done == 0) return fail(ErrorKind::conflict, "This mail has not failed");
  mail.state = kQueued;
  mail.tries = 0;
  mail.due_at = {now};
  mail.ended_at.reset();
  tell_queued(tx, mail.id);
  return mail;
}

// ---- for the sender ----

Result<Claimed> claim(Transaction& tx, const Lease& lease, WallMs now, int limit) {
  auto due = store::list<Mail>(tx, "mails", "state = 'queued' AND due_at <= $1 ORDER BY due_at, id LIMIT $2",
                               {now, limit});
  if (!due) return std::unexpected(std::move(due.error()));
  Claimed claimed;
  for (Mail& mail : *due) {
    // Another sender of the same table may have been faster.
    const auto taken = tx.run(
        "UPDATE mails SET due_at = $3, leased_by = $4 WHERE id = $1 AND state = 'queued' AND due_at = $2",
        {mail.id, mail.due_at.ms, lease.until, lease.owner});
    if (!taken) return std::unexpected(taken.error());
    if (*taken == 0) continue;
    mail.due_at = {lease.until};
    mail.leased_by = lease.owner;
    claimed.mails.push_back(std::move(mail));
  }
  const auto next = tx.query_one("SELECT min(due_at) FROM mails WHERE state = 'queued'", {},
                                 [](const Row& row) { return row.optional_integer(0); });
  if (!next) return std::unexpected(next.error());
  claimed.next_due = next->value_or(std::nullopt);
  return claimed;
}

Result<void> release(Transaction& tx, std::string_view owner, WallMs now) {
  return only_error(
      tx.run("UPDATE mails SET due_at = $2, leased_by = '' WHERE state = 'queued' AND leased_by = $1",
             {owner, now}));
}

Result<void> record_sent(Transaction& tx, const Mail& mail, bool keep_texts, WallMs now) {
  return only_error(tx.run(
      "UPDATE mails SET state = 'sent', text = $4, html = $5, tries = $2, leased_by = '', error = NULL, "
      "ended_at = $3 WHERE id = $1 AND state <> 'sent'",
      {mail.id, mail.tries + 1, now, keep_texts ? mail.text : "", keep_texts ? mail.html : ""}));
}

Result<bool> record_failure(Transaction& tx, const Mail& mail, std::string_view error,
                            std::optional<milliseconds> pause, WallMs now) {
  const std::optional<WallMs> ended = pause ? std::nullopt : std::optional(now);
  const auto done = tx.run(
      "UPDATE mails SET state = $3, tries = $4, due_at = $5, leased_by = '', error = $6, ended_at = $7 "
      "WHERE id = $1 AND state = 'queued' AND due_at = $2",
      {mail.id, mail.due_at.ms, pause ? kQueued : kFailed, mail.tries + 1,
       now + pause.value_or(milliseconds(0)).count(), error, ended});
  if (!done) return std::unexpected(done.error());
  return *done > 0;
}

Result<void> put_back(Transaction& tx, const Mail& mail, WallMs now) {
  return only_error(tx.run(
      "UPDATE mails SET due_at = $3, leased_by = '' WHERE id = $1 AND state = 'queued' AND due_at = $2",
      {mail.id, mail.due_at.ms, now}));
}

std::optional<milliseconds> pause_after(std::int64_t tries, milliseconds base, std::uint32_t random) {
  if (tries < 1 || tries >= kTriesMax) return std::nullopt;
  constexpr std::int64_t kSteps = 4'001;  // from -20 % to +20 %, by hundredths of a percent
  const auto doubled = base.count() * (std::int64_t{1} << (tries - 1));
  return milliseconds(doubled / 10'000 * (8'000 + random % kSteps) +
                      doubled % 10'000 * (8'000 + random % kSteps) / 10'000);
}

Result<std::int64_t> forget(Transaction& tx, WallMs now, int limit) {
  return tx.run(
      "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE (state = 'sent' AND ended_at < $1) "
      "OR (state = 'failed' AND ended_at < $2) LIMIT $3)",
      {now - kSentKept.count(), now - kFailedKept.count(), limit});
}

}  // namespace belfry::mail
