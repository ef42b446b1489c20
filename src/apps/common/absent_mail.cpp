#include "apps/common/absent_mail.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "apps/common/answers.h"
#include "services/accounts/accounts.h"
#include "services/mail/mail.h"
#include "services/memberships/memberships.h"

namespace belfry::apps {

namespace {

using mail::Notice;
using mail::Window;
using store::Transaction;

// After a start: devices that were there come back.
constexpr std::chrono::seconds kBackTime{10};
constexpr std::chrono::seconds kStorePause{1};
// Of a unit of work, so that mails to many do not hold up messages.
constexpr std::size_t kUsersPerUnit = 50;
constexpr int kBatch = 100;
constexpr std::size_t kSubjectMax = 200;  // bytes

std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kSubjectMax));
  // Not within a character.
  if (text.size() > kSubjectMax) {
    while (!line.empty() && (text[line.size()] & 0xC0) == 0x80) line.pop_back();
  }
  std::ranges::replace_if(line, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return line;
}

std::string html_of(const std::string& text, const std::string& link) {
  std::string html = "<!doctype html>\n<meta charset=\"utf-8\">\n<p style=\"white-space: pre-wrap\">" +
                     escape_html(text) + "</p>\n";
  if (!link.empty()) {
    html += "<p><small><a href=\"" + escape_html(link) + "\">No more mail about this group</a></small></p>\n";
  }
  return html;
}

HttpResponse page(int status, const std::string& body) {
  HttpResponse response;
  response.status = status;
  response.headers = {{"Content-Type", "text/html; charset=utf-8"},
                      {"Cache-Control", "no-store"},
                      {"Content-Security-Policy", "default-src 'none'; form-action 'self'"}};
  response.body =
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Mail</title>\n" + body;
  return response;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '&':
        html += "&amp;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

AbsentMail::AbsentMail(const Parts& parts, AbsentMailRules rules) : parts_(parts), rules_(std::move(rules)) {
  if (rules_.window > milliseconds(0)) add_routes(parts_.api);
  parts_.bus.subscribe<mail::NoticeKept>([this](const auto& event) {
    const Notice& notice = event->notice;
    if (notice.app != rules_.app) return;
    const auto shard = std::hash<std::string>{}(notice.group_id) % parts_.server.threads();
    parts_.server.post_to(static_cast<unsigned>(shard), [this, event] { serve(event->notice, [] {}); });
  });
}

Result<void> AbsentMail::expect(Transaction& tx, const std::string& group_id, const std::string& sender_id,
                                const Value& input) const {
  if (!parts_.mail_enabled) return {};
  return mail::keep_notice(tx, rules_.app, group_id, sender_id, input, wall_now_ms());
}

void AbsentMail::start() {
  if (!parts_.mail_enabled) return;
  parts_.server.post_to(0, [this, before = wall_now_ms()] {
    parts_.server.after(kBackTime, [this, before] { go_on(before); });
    if (rules_.window > milliseconds(0)) plan();
  });
}

void AbsentMail::later(const std::function<void()>& again, const Error& error) {
  parts_.log.error("mail", "the absent wait for their mail", {{"app", rules_.app}, {"error", error.text()}});
  parts_.server.after(kStorePause, again);
}

// ---- notices ----

// What was left by a server that ended.
void AbsentMail::go_on(WallMs before) {
  const auto read = [this, before](Transaction& tx) {
    return mail::notices_before(tx, rules_.app, before, kBatch);
  };
  parts_.store.read(post_here(), read, [this, before](const Result<std::vector<Notice>>& notices) {
    if (!notices) return later([this, before] { go_on(before); }, notices.error());
    if (notices->empty()) return;
    const auto left = std::make_shared<std::size_t>(notices->size());
    for (const Notice& notice : *notices) {
      serve(notice, [this, before, left] {
        if (--*left == 0) go_on(before);
      });
    }
  });
}

void AbsentMail::serve(const Notice& notice, const std::function<void()>& done) {
  const auto read = [this, notice](Transaction& tx) -> Result<Ids> {
    const auto members = memberships::members(tx, rules_.kind, notice.group_id);
    if (!members) return std::unexpected(members.error());
    Ids ids;
    for (const auto& member : *members) {
      if (member.user_id != notice.sender_id && member.user_id > notice.done_to)
        ids.push_back(member.user_id);
    }
    return ids;
  };
  parts_.store.read(post_here(), read, [this, notice, done](const Result<Ids>& ids) {
    if (!ids) return later([this, notice, done] { serve(notice, done); }, ids.error());
    parts_.devices.find_absent(*ids, [this, notice, done](Ids absent) {
      std::ranges::sort(absent);
      deliver(std::make_shared<Notice>(notice), std::make_shared<Ids>(std::move(absent)), done);
    });
  });
}

void AbsentMail::deliver(const std::shared_ptr<Notice>& notice, const std::shared_ptr<Ids>& absent,
                         const std::function<void()>& done) {
  const auto size = static_cast<std::ptrdiff_t>(std::min(absent->size(), kUsersPerUnit));
  const Ids part(absent->begin(), absent->begin() + size);
  const bool last = part.size() == absent->size();
  const auto write = [this, notice = *notice, part, last](Transaction& tx) {
    return write_part(tx, notice, part, last);
  };
  const auto written = [this, notice, absent, size, last, done](const Result<void>& result) {
    if (!result && result.error().kind == ErrorKind::unavailable) {
      return later([=, this] { deliver(notice, absent, done); }, result.error());
    }
    if (!result) shown(result.error(), "mail to the absent", parts_.log);
    if (!result || last) {
      if (rules_.window > milliseconds(0)) parts_.server.post_to(0, [this] { plan(); });
      return done();
    }
    notice->done_to = (*absent)[static_cast<std::size_t>(size) - 1];
    absent->erase(absent->begin(), absent->begin() + size);
    deliver(notice, absent, done);
  };
  parts_.store.write(post_here(), "absent:" + notice->group_id, write, written);
}

Result<void> AbsentMail::write_part(Transaction& tx, const Notice& notice, const Ids& users,
                                    bool last) const {
  const auto ours = mail::advance_notice(tx, notice, last ? std::nullopt : std::optional(users.back()));
  if (!ours) return std::unexpected(ours.error());
  if (!*ours || users.empty()) return {};
  const auto text = rules_.text(tx, notice);
  if (!text) return std::unexpected(text.error());
  for (const std::string& user : users) {
    if (auto written = write_to(tx, notice.group_id, user, *text); !written) return written;
  }
  return {};
}

// ---- one mail ----

Result<std::string> AbsentMail::address_of(Transaction& tx, const std::string& group_id,
                                           const std::string& user_id) const {
  const auto muted = mail::is_muted(tx, rules_.app, group_id, user_id);
  if (!muted) return std::unexpected(muted.error());
  const auto member = memberships::role_of(tx, rules_.kind, group_id, user_id);
  if (!member) return std::unexpected(member.error());
  if (*muted || !*member) return std::string();
  const auto account = accounts::find(tx, user_id);
  if (!account) return std::unexpected(account.error());
  return *account ? (*account)->email.value_or("") : std::string();
}

Result<void> AbsentMail::write_to(Transaction& tx, const std::string& group_id, const std::string& user_id,
                                  const MailText& text) const {
  const auto address = address_of(tx, group_id, user_id);
  if (!address) return std::unexpected(address.error());
  if (address->empty()) return {};
  std::string link;
  if (rules_.window > milliseconds(0)) {
    const WallMs now = wall_now_ms();
    const auto opened = mail::open_window(tx,
                                          {.app = rules_.app,
                                           .group_id = group_id,
                                           .user_id = user_id,
                                           .waiting = 0,
                                           .until = now + rules_.window.count()},
                                          now);
    if (!opened) return std::unexpected(opened.error());
    if (!*opened) return {};
    const auto token = mail::unsubscribe_token(tx, rules_.app, group_id, user_id);
    if (!token) return std::unexpected(token.error());
    link = parts_.public_url + "/v1/" + rules_.app + "/unsubscribe/" + *token;
  }
  const std::string footer = link.empty() ? "" : "\n\n--\nNo more mail about this group: " + link + "\n";
  const auto queued = mail::queue(tx,
                                  {.app = rules_.app,
                                   .user_id = user_id,
                                   .to = *address,
                                   .subject = one_line(text.subject),
                                   .text = text.text + footer,
                                   .html = html_of(text.text, link),
                                   .unsubscribe_url = link},
                                  wall_now_ms());
  // An address that is none is its user's matter.
  if (!queued && queued.error().kind != ErrorKind::invalid) return std::unexpected(queued.error());
  return {};
}

// ---- windows ----

// On shard 0.
void AbsentMail::plan() {
  const auto read = [this](Transaction& tx) { return mail::next_window(tx, rules_.app); };
  parts_.store.read(post_here(), read, [this](const Result<std::optional<WallMs>>& next) {
    if (!next) return later([this] { plan(); }, next.error());
    if (!*next) return;
    const milliseconds wait(std::max<WallMs>(**next - wall_now_ms(), 0));
    alarm_.set(parts_.server, TimePoint::clock::now() + wait, [this] { close_windows(); });
  });
}

void AbsentMail::close_windows() {
  const auto read = [this](Transaction& tx) {
    return mail::due_windows(tx, rules_.app, wall_now_ms(), kBatch);
  };
  parts_.store.read(post_here(), read, [this](const Result<std::vector<Window>>& windows) {
    if (!windows) return later([this] { close_windows(); }, windows.error());
    if (windows->empty()) return plan();
    Ids users;
    for (const Window& window : *windows) users.push_back(window.user_id);
    parts_.devices.find_absent(users, [this, windows = *windows](const Ids& absent) {
      const auto write = [this, windows, absent](Transaction& tx) {
        return write_digests(tx, windows, absent);
      };
      parts_.store.write(post_here(), "absent", write, [this](const Result<void>& written) {
        written ? close_windows() : later([this] { close_windows(); }, written.error());
      });
    });
  });
}

Result<void> AbsentMail::write_digests(Transaction& tx, const std::vector<Window>& windows,
                                       const Ids& absent) const {
  for (const Window& window : windows) {
    const auto waiting = mail::close_window(tx, window);
    if (!waiting) return std::unexpected(waiting.error());
    // Who has come meanwhile has seen them.
    const bool wanted = waiting->value_or(0) > 0 && std::ranges::find(absent, window.user_id) != absent.end();
    if (!wanted) continue;
    const auto text = rules_.digest(tx, window.group_id, **waiting);
    if (!text) return std::unexpected(text.error());
    if (auto written = write_to(tx, window.group_id, window.user_id, *text); !written) return written;
  }
  return {};
}

// ---- no more mail ----

// Following a link must change nothing: programs do that, too. The button posts to the same address, as mail
// programs do by themselves (RFC 8058).
void AbsentMail::add_routes(Api& api) {
  const std::string path = "/v1/" + rules_.app + "/unsubscribe/{token}";
  api.open_route("GET", path, [](const Call& call) {
    call.answer(page(200,
                     "<p>No more mail about this group?</p>\n<form method=\"post\"><button>No more "
                     "mail</button></form>\n"));
  });
  api.open_route("POST", path, [this](const Call& call) {
    const auto write = [this, token = call.parameter("token")](Transaction& tx) {
      return mail::unsubscribe(tx, rules_.app, token);
    };
    parts_.store.write(post_here(), "absent", write, [call](const Result<bool>& known) {
      if (!known) return call.refuse(known.error());
      if (!*known) return call.answer(page(404, "<p>There is no such link (any more).</p>\n"));
      call.answer(page(200, "<p>You get no more mail about this group.</p>\n"));
    });
  });
}

}  // namespace belfry::apps
