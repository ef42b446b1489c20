#include "server/mailer.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "apps/common/identity.h"
#include "core/ids.h"
#include "smtp/message.h"

namespace belfry::server {

namespace {

using store::Transaction;

// Beyond the time that a try may take, until its result is in the store.
constexpr milliseconds kLeaseMargin{10'000};
// Mails of other nodes, and clocks that are set, are noticed after so long.
constexpr milliseconds kLook{60'000};
// After a failure of the store.
constexpr milliseconds kStorePause{1'000};
constexpr std::chrono::hours kSweep{1};
constexpr int kSweepBatch = 500;

smtp::ClientOptions client_options(const MailSettings& mail) {
  const bool verify =
      mail.verify_tls == "always" || (mail.verify_tls == "remote" && !smtp::is_loopback(mail.smtp_url));
  return {.url = mail.smtp_url,
          .connect_timeout = mail.connect_timeout_ms,
          .timeout = mail.timeout_ms,
          .starttls = mail.starttls == "require" ? smtp::Starttls::required
                      : mail.starttls == "off"   ? smtp::Starttls::off
                                                 : smtp::Starttls::when_offered,
          .verify = verify,
          .ca_file = mail.ca_file};
}

/// The same for a server that starts again, another for every other one.
std::string owner_name(const Config& config) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::error_code ignored;
  return std::string(host.data()) + ":" + std::filesystem::absolute(config.server.data_dir, ignored).string();
}

std::uint32_t random_number() {
  std::uint32_t number = 0;
  random_bytes(&number, sizeof number);
  return number;
}

}  // namespace

Mailer::Mailer(Server& server, store::Store& store, runtime::EventBus& bus, const Config& config, Log& log)
    : server_(server),
      store_(store),
      log_(log),
      dev_(config.server.dev),
      enabled_(dev_ || !config.mail.smtp_url.empty()),
      host_(smtp::host_of(config.mail.smtp_url)),
      from_(smtp::parse_mailbox(config.mail.from).value()),
      owner_(owner_name(config)),
      lease_(config.mail.timeout_ms + kLeaseMargin),
      retry_base_(config.mail.retry_base_ms),
      grace_(config.server.drain_ms / 4),
      pool_(enabled_ ? kSenders : 0, kSenders) {
  for (std::size_t i = 0; enabled_ && i < kSenders; ++i) {
    idle_.push_back(std::make_shared<smtp::Client>(client_options(config.mail)));
  }
  bus.subscribe<mail::MailQueued>([this](const auto&) {
    server_.post_to(0, [this] {
      ++stats_.queued;
      wake();
    });
  });
}

void Mailer::start() {
  server_.post_to(0, [this] { sweep(); });
  if (!enabled_) return log_.info("mail", "no SMTP_URL: mail is neither queued nor sent");
  if (host_.empty()) {
    log_.info("mail", "no SMTP_URL: in dev mode mail is kept to be shown, and not sent");
  } else {
    log_.info("mail", "sending mail", {{"server", host_}, {"from", from_.address}});
  }
  server_.post_to(0, [this] {
    const auto release = [owner = owner_](Transaction& tx) {
      return mail::release(tx, owner, wall_now_ms());
    };
    store_.write(apps::post_here(), "mails", release, [this](const Result<void>& released) {
      if (!released) log_.error("mail", "leases are not released", {{"error", released.error().text()}});
      claiming_ = false;
      wake();
    });
  });
}

void Mailer::stop() {
  stopping_.set(true);
  pool_.stop();
}

void Mailer::stats(std::function<void(MailStats)> done) {
  store_.read(apps::post_here(), mail::count_queued,
              [this, done = std::move(done)](const Result<std::int64_t>& waiting) {
                stats_.waiting = waiting.value_or(stats_.waiting);
                done(stats_);
              });
}

// ---- which mails ----

void Mailer::wake() {
  // Whoever has sent a mail asks again.
  if (!enabled_ || stopping_.get() || idle_.empty()) return;
  again_ = std::exchange(claiming_, true);
  if (again_) return;
  const auto claim = [this, limit = static_cast<int>(idle_.size())](Transaction& tx) {
    const WallMs now = wall_now_ms();
    return mail::claim(tx, {.owner = owner_, .until = now + lease_.count()}, now, limit);
  };
  store_.write(apps::post_here(), "mails", claim, [this](const Result<mail::Claimed>& claimed) {
    claiming_ = false;
    if (claimed) return take(*claimed);
    log_.error("mail", "mails wait", {{"error", claimed.error().text()}});
    server_.after(kStorePause, [this] { wake(); });
  });
}

void Mailer::take(const mail::Claimed& claimed) {
  for (const mail::Mail& mail : claimed.mails) {
    // One whose result the store has not taken yet is ours still, however late that is.
    if (!sending_.insert(mail.id).second) continue;
    const Client client = std::move(idle_.back());
    idle_.pop_back();
    send(client, mail);
  }
  if (std::exchange(again_, false)) return wake();
  wake_at(std::min(claimed.next_due.value_or(INT64_MAX), wall_now_ms() + kLook.count()));
}

void Mailer::wake_at(WallMs due) {
  const milliseconds wait(std::max<WallMs>(due - wall_now_ms(), 0));
  alarm_.set(server_, TimePoint::clock::now() + wait, [this] { wake(); });
}

// ---- one mail ----

void Mailer::send(const Client& client, const mail::Mail& mail) {
  const auto post = apps::post_here();
  if (host_.empty()) return record(client, mail, {Outcome::Kind::sent, {}}, post);
  const bool posted = pool_.post([this, client, mail, post] {
    std::optional<TimePoint> since;
    const auto stop = [this, &since] {
      if (!stopping_.get()) return false;
      const TimePoint now = TimePoint::clock::now();
      if (!since) since = now;
      return now - *since >= grace_;
    };
    record(client, mail, client->send(letter_of(mail), stop), post);
  });
  if (!posted) record(client, mail, {Outcome::Kind::aborted, "stopped"}, post);
}

smtp::Letter Mailer::letter_of(const mail::Mail& mail) const {
  // The same to the byte each time, so that whoever gets it twice can tell.
  const smtp::Message message{.id = mail.id + "@" + std::string(from_.domain()),
                              .date = mail.created_at.ms,
                              .from = from_,
                              .to = mail.recipient,
                              .subject = mail.subject,
                              .text = mail.text,
                              .html = mail.html,
                              .unsubscribe_url = mail.unsubscribe_url};
  return {.from = from_.address, .to = mail.recipient, .text = smtp::compose(message)};
}

void Mailer::record(const Client& client, const mail::Mail& mail, const Outcome& outcome,
                    const store::Post& post) {
  std::optional<milliseconds> pause;
  if (outcome.kind == Outcome::Kind::deferred) {
    pause = mail::pause_after(mail.tries + 1, retry_base_, random_number());
  }
  const auto write = [mail, outcome, pause, keep = dev_](Transaction& tx) -> Result<void> {
    const WallMs now = wall_now_ms();
    if (outcome.kind == Outcome::Kind::sent) return mail::record_sent(tx, mail, keep, now);
    if (outcome.kind == Outcome::Kind::aborted) return mail::put_back(tx, mail, now);
    const auto kept = mail::record_failure(tx, mail, outcome.reason, pause, now);
    if (!kept) return std::unexpected(kept.error());
    return {};
  };
  store_.write(post, "mails", write, [=, this](const Result<void>& recorded) {
    if (recorded) return finish(client, mail, outcome, !pause);
    log_.error("mail", "a result is not recorded yet",
               {{"mail", mail.id}, {"error", recorded.error().text()}});
    server_.after(kStorePause, [=, this] { record(client, mail, outcome, apps::post_here()); });
  });
}

void Mailer::finish(const Client& client, const mail::Mail& mail, const Outcome& outcome, bool given_up) {
  idle_.push_back(client);
  sending_.erase(mail.id);
  const std::string tries = std::to_string(mail.tries + 1);
  switch (outcome.kind) {
    case Outcome::Kind::sent:
      ++stats_.sent;
      log_.info("mail", "sent", {{"mail", mail.id}, {"app", mail.app}, {"try", tries}});
      break;
    case Outcome::Kind::deferred:
    case Outcome::Kind::refused:
      ++(outcome.kind == Outcome::Kind::deferred ? stats_.deferred : stats_.refused);
      if (given_up) ++stats_.failed;
      log_.error("mail", given_up ? "failed" : "not sent yet",
                 {{"mail", mail.id}, {"app", mail.app}, {"try", tries}, {"error", outcome.reason}});
      break;
    case Outcome::Kind::aborted:
      break;
  }
  wake();
}

// ---- what is over ----

void Mailer::sweep() {
  const auto forget = [](Transaction& tx) { return mail::forget(tx, wall_now_ms(), kSweepBatch); };
  store_.write(apps::post_here(), "mails", forget, [this](const Result<std::int64_t>& forgotten) {
    if (!forgotten) log_.error("mail", "old mails stay", {{"error", forgotten.error().text()}});
    if (forgotten && *forgotten == kSweepBatch) return sweep();
    server_.after(kSweep, [this] { sweep(); });
  });
}

}  // namespace belfry::server
