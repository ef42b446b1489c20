// Mails on their way out: kept in the store from the unit of work that wants them sent until a server has
// taken them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "belfry/result.h"
#include "belfry/value.h"
#include "core/clock.h"
#include "core/event.h"
#include "store/records.h"
#include "store/transaction.h"

namespace belfry::mail {

inline constexpr std::string_view kQueued = "queued";
inline constexpr std::string_view kSent = "sent";
inline constexpr std::string_view kFailed = "failed";

inline constexpr std::size_t kSubjectMax = 500;   ///< bytes
inline constexpr std::size_t kTextMax = 100'000;  ///< bytes
inline constexpr std::size_t kHtmlMax = 500'000;  ///< bytes
inline constexpr std::size_t kUrlMax = 900;       ///< bytes: it is one line of the mail
inline constexpr std::int64_t kTriesMax = 10;
inline constexpr milliseconds kSentKept = std::chrono::days(7);
inline constexpr milliseconds kFailedKept = std::chrono::days(90);

struct NewMail {
  std::string app;
  std::string user_id;  ///< empty: for nobody whom the server knows
  std::string to;       ///< address
  std::string subject;
  std::string text;
  std::string html = {};             ///< may be empty
  std::string unsubscribe_url = {};  ///< may be empty
  std::string group_id = {};         ///< what it is about, for `withdraw`; may be empty
};

/// What there is to know of a mail, but for what it says.
struct MailStatus {
  std::string id;  ///< UUID version 7
  std::string app;
  std::string user_id;
  std::string recipient;
  std::string subject;
  std::string state;  ///< kQueued, kSent or kFailed
  std::int64_t tries = 0;
  store::Time due_at;                ///< while queued: when it is tried next, or when its lease ends
  std::optional<std::string> error;  ///< of the last try
  store::Time created_at;
  std::optional<store::Time> ended_at;  ///< when it was sent or given up
};
constexpr auto describe(Type<MailStatus>) {
  return fields(field("id", &MailStatus::id), field("app", &MailStatus::app),
                field("userId", &MailStatus::user_id), field("recipient", &MailStatus::recipient),
                field("subject", &MailStatus::subject), field("state", &MailStatus::state),
                field("tries", &MailStatus::tries), field("dueAt", &MailStatus::due_at),
                field("error", &MailStatus::error), field("createdAt", &MailStatus::created_at),
                field("endedAt", &MailStatus::ended_at));
}

struct Mail : MailStatus {
  std::string group_id;
  std::string text;  ///< empty once it is sent, and so is the HTML
  std::string html;
  std::string unsubscribe_url;
  std::string leased_by;  ///< who is sending it; empty: nobody
};
constexpr auto describe(Type<Mail>) {
  return std::tuple_cat(
      describe(Type<MailStatus>()),
      fields(field("groupId", &Mail::group_id), field("text", &Mail::text), field("html", &Mail::html),
             field("unsubscribeUrl", &Mail::unsubscribe_url), field("leasedBy", &Mail::leased_by)));
}

/// `{id, app, userId, to, subject, state, tries, error, nextTryAt, createdAt, endedAt}`
Value to_json(const MailStatus& mail);

/// Told after the commit: there is a mail to send.
struct MailQueued : Event {
  std::string mail_id;
};
constexpr auto describe(Type<MailQueued>) {
  return fields(field("mailId", &MailQueued::mail_id));
}

/// These run inside a unit of work and fail as its statements do.

/// Stores a mail that is due at once and tells `MailQueued`. Fails with `invalid`, and stores nothing, where
/// the address is none, a bound is passed, or the subject or URL holds control characters. Where the server
/// sends no mail, nobody should call it.
Result<Mail> queue(store::Transaction& tx, const NewMail& mail, WallMs now);

/// Forgets what waits for a user about a group: they do not want it, or may not have it, any more.
Result<void> withdraw(store::Transaction& tx, std::string_view app, std::string_view group_id,
                      std::string_view user_id);

/// Those of a state (empty: of any), newest first, before the id `before` (empty: from the newest on).
Result<std::vector<MailStatus>> list(store::Transaction& tx, std::string_view state, std::string_view before,
                                     int limit);
/// One with its texts, or nothing.
Result<std::optional<Mail>> find(store::Transaction& tx, std::string_view id);
/// How many wait to be sent.
Result<std::int64_t> count_queued(store::Transaction& tx);
/// A failed one is queued again, with all its tries. Fails with `not_found`, or `conflict` where it has not
/// failed.
Result<Mail> send_again(store::Transaction& tx, std::string_view id, WallMs now);

// ---- for the sender ----

struct Lease {
  std::string owner;  ///< a name that no other sender has
  WallMs until = 0;   ///< when others may take what `owner` has not finished
};
struct Claimed {
  std::vector<Mail> mails;
  std::optional<WallMs> next_due;  ///< of what is queued besides
};
/// Takes due mails, the longest due first: until the lease ends nobody else gets them. `due_at` of what it
/// returns is the end of the lease, by which the sender is known when it records what came of it.
Result<Claimed> claim(store::Transaction& tx, const Lease& lease, WallMs now, int limit);
/// What `owner` had taken is due at once: when it starts, nobody is sending that any more.
Result<void> release(store::Transaction& tx, std::string_view owner, WallMs now);

/// It is sent, whoever has it now. Its texts are forgotten, unless they are to be kept for show.
Result<void> record_sent(store::Transaction& tx, const Mail& mail, bool keep_texts, WallMs now);
/// A try has failed: it is queued for another one `pause` later, or has failed where there is no pause. False
/// where its lease has ended and others have it.
Result<bool> record_failure(store::Transaction& tx, const Mail& mail, std::string_view error,
                            std::optional<milliseconds> pause, WallMs now);
/// It was not tried after all, and is due at once.
Result<void> put_back(store::Transaction& tx, const Mail& mail, WallMs now);

/// From failed try number `tries` (1, 2, …) to the next: `base`, doubled each time, a fifth more or less as
/// `random` has it. Nothing after the last.
std::optional<milliseconds> pause_after(std::int64_t tries, milliseconds base, std::uint32_t random);

/// Deletes what was sent or has failed long ago, at most `limit` of them; how many there were.
Result<std::int64_t> forget(store::Transaction& tx, WallMs now, int limit);

}  // namespace belfry::mail
