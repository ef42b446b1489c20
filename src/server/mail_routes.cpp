#include "server/mail_routes.h"

#include <optional>
#include <string>

#include "apps/common/json.h"
#include "belfry/describe.h"
#include "services/accounts/accounts.h"
#include "services/mail/mail.h"

namespace belfry::server {

namespace {

using apps::Call;
using store::Transaction;

constexpr const char* kApp = "operator";

struct MailInput {
  std::optional<std::string> user_id;
  std::optional<std::string> to;
  std::string subject;
  std::string text;
  std::optional<std::string> html;
};
constexpr auto describe(Type<MailInput>) {
  return fields(field("userId", &MailInput::user_id), field("to", &MailInput::to),
                field("subject", &MailInput::subject), field("text", &MailInput::text),
                field("html", &MailInput::html));
}

bool allowed(const Call& call) {
  if (call.caller().is_admin()) return true;
  call.refuse({ErrorKind::forbidden, "This is for admins and servers"});
  return false;
}

Result<void> check(const MailInput& input) {
  if (input.user_id.has_value() == input.to.has_value()) {
    return fail_field("to", "or userId is required, and one of them only");
  }
  return input.user_id ? apps::check_user_id("userId", *input.user_id) : Result<void>();
}

/// The address that a user is known with.
Result<std::string> address_of(Transaction& tx, const std::string& user_id) {
  const auto account = accounts::find(tx, user_id);
  if (!account) return std::unexpected(account.error());
  if (!*account || (*account)->email.value_or("").empty()) {
    return fail_field("userId", "is of nobody with an e-mail address");
  }
  return *(*account)->email;
}

Result<Value> queue(Transaction& tx, const MailInput& input) {
  const auto to = input.user_id ? address_of(tx, *input.user_id) : Result<std::string>(*input.to);
  if (!to) return std::unexpected(to.error());
  const auto queued = mail::queue(tx,
                                  {.app = kApp,
                                   .user_id = input.user_id.value_or(""),
                                   .to = *to,
                                   .subject = input.subject,
                                   .text = input.text,
                                   .html = input.html.value_or("")},
                                  wall_now_ms());
  if (!queued) return std::unexpected(queued.error());
  return mail::to_json(*queued);
}

}  // namespace

MailRoutes::MailRoutes(apps::Api& api, store::Store& store, const Mailer& mailer)
    : store_(store), mailer_(mailer) {
  api.route("GET", "/v1/mails", [this](const Call& call) { list(call); });
  api.route("GET", "/v1/mails/{id}", [this](const Call& call) { show(call); });
  api.route("POST", "/v1/mails", [this](const Call& call) { create(call); });
  api.route("POST", "/v1/mails/{id}/retry", [this](const Call& call) { retry(call); });
}

bool MailRoutes::sends(const Call& call) const {
  if (mailer_.enabled()) return true;
  call.refuse({ErrorKind::unavailable, "This server sends no mail: it has no SMTP_URL"});
  return false;
}

void MailRoutes::list(const Call& call) const {
  if (!allowed(call)) return;
  const std::string state(call.request().query_value("state").value_or(""));
  if (!state.empty() && state != mail::kQueued && state != mail::kSent && state != mail::kFailed) {
    return call.refuse({ErrorKind::invalid, "must be queued, sent or failed", "state"});
  }
  const auto page = call.page();
  if (!page) return call.refuse(page.error());
  call.read(store_, [page = *page, state](Transaction& tx) -> Result<Value> {
    const auto found = mail::list(tx, state, page.before, page.wanted());
    if (!found) return std::unexpected(found.error());
    return apps::page_json(page, *found, mail::to_json);
  });
}

void MailRoutes::show(const Call& call) const {
  if (!allowed(call)) return;
  call.read(store_, [id = call.parameter("id")](Transaction& tx) -> Result<Value> {
    const auto mail = mail::find(tx, id);
    if (!mail) return std::unexpected(mail.error());
    if (!*mail) return fail(ErrorKind::not_found, "Mail not found");
    Value json = mail::to_json(**mail);
    json.update({{"text", (*mail)->text}, {"html", (*mail)->html}});
    return json;
  });
}

void MailRoutes::create(const Call& call) const {
  if (!allowed(call) || !sends(call)) return;
  const auto input = call.body<MailInput>();
  if (!input) return call.refuse(input.error());
  if (auto good = check(*input); !good) return call.refuse(good.error());
  call.write(store_, "mails", [input = *input](Transaction& tx) { return queue(tx, input); });
}

void MailRoutes::retry(const Call& call) const {
  if (!allowed(call) || !sends(call)) return;
  const auto again = [id = call.parameter("id")](Transaction& tx) -> Result<Value> {
    const auto queued = mail::send_again(tx, id, wall_now_ms());
    if (!queued) return std::unexpected(queued.error());
    return mail::to_json(*queued);
  };
  call.write(store_, "mails", again, 200);
}

}  // namespace belfry::server
