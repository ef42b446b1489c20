// Whom to write to because they were not there: what is still to be looked at, how often somebody got a mail
// about a group, and who wants none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/result.h"
#include "belfry/value.h"
#include "core/clock.h"
#include "core/event.h"
#include "store/records.h"
#include "store/transaction.h"

namespace belfry::mail {

/// Something happened in a group, of which its absent members are to have a mail: kept from the unit of work
/// in which it happened until that has been seen to.
struct Notice {
  std::string id;  ///< UUID version 7
  std::string app;
  std::string group_id;
  std::string sender_id;  ///< who gets none; empty: nobody
  std::string input;      ///< JSON of the app: what happened
  std::string done_to;    ///< members are seen to by their ids: up to this one
  store::Time created_at;
};
constexpr auto describe(Type<Notice>) {
  return fields(field("id", &Notice::id), field("app", &Notice::app), field("groupId", &Notice::group_id),
                field("senderId", &Notice::sender_id), field("input", &Notice::input),
                field("doneTo", &Notice::done_to), field("createdAt", &Notice::created_at));
}

/// Told after the commit.
struct NoticeKept : Event {
  Notice notice;
};
constexpr auto describe(Type<NoticeKept>) {
  return fields(field("notice", &NoticeKept::notice));
}

/// These run inside a unit of work and fail as its statements do.

/// Keeps a notice and tells `NoticeKept`.
Result<void> keep_notice(store::Transaction& tx, std::string_view app, std::string_view group_id,
                         std::string_view sender_id, const Value& input, WallMs now);
/// Those that were made before a time, the oldest first.
Result<std::vector<Notice>> notices_before(store::Transaction& tx, std::string_view app, WallMs before,
                                           int limit);
/// The members up to `user_id` have been seen to; absent: all, and the notice is done. False: somebody else
/// was first, and nothing may be done in this unit.
Result<bool> advance_notice(store::Transaction& tx, const Notice& notice,
                            const std::optional<std::string>& user_id);

/// For a time after a mail about a group, its member gets no other; how many there would have been is
/// counted.
struct Window {
  std::string app;
  std::string group_id;
  std::string user_id;
  std::int64_t waiting = 0;
  WallMs until = 0;
};
constexpr auto describe(Type<Window>) {
  return fields(field("app", &Window::app), field("groupId", &Window::group_id),
                field("userId", &Window::user_id), field("waiting", &Window::waiting),
                field("until", &Window::until));
}
/// Opens a window until `window.until` and says true; where one is open, or something waits in it, counts
/// there and says false.
Result<bool> open_window(store::Transaction& tx, const Window& window, WallMs now);
/// Those that are over, the longest first.
Result<std::vector<Window>> due_windows(store::Transaction& tx, std::string_view app, WallMs now, int limit);
/// When the next one is over, if there is any.
Result<std::optional<WallMs>> next_window(store::Transaction& tx, std::string_view app);
/// Ends a window that is over, and says how many waited; nothing where somebody else has.
Result<std::optional<std::int64_t>> close_window(store::Transaction& tx, const Window& window);

/// Whether a member wants no mail about a group.
Result<bool> is_muted(store::Transaction& tx, std::string_view app, std::string_view group_id,
                      std::string_view user_id);
Result<void> set_muted(store::Transaction& tx, std::string_view app, std::string_view group_id,
                       std::string_view user_id, bool muted);
/// A secret by which a member's mails about a group can be ended without signing in; the same each time.
Result<std::string> unsubscribe_token(store::Transaction& tx, std::string_view app, std::string_view group_id,
                                      std::string_view user_id);
/// Whether the token was one. What waits for them is withdrawn.
Result<bool> unsubscribe(store::Transaction& tx, std::string_view app, std::string_view token);

}  // namespace belfry::mail
