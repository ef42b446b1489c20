#include "apps/inbox/inbox.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "services/accounts/accounts.h"

namespace belfry::inbox {

namespace {

using apps::Call;
using notifications::NewNotification;
using store::Transaction;

constexpr std::string_view kApp = "inbox";
constexpr std::string_view kTypes[] = {"notification", "info", "warning", "error", "success"};
constexpr std::size_t kMessageMax = 4'000;
// So many users are told at once; more are in the background, so many in one unit of work.
constexpr std::int64_t kAtOnceMax = 1'000;
constexpr int kBatch = 200;

struct NotifyInput {
  std::string message;
  std::string type;
  std::optional<std::string> user_id;
  std::optional<bool> all_users;
};
constexpr auto describe(Type<NotifyInput>) {
  return fields(field("message", &NotifyInput::message), field("type", &NotifyInput::type),
                field("userId", &NotifyInput::user_id), field("allUsers", &NotifyInput::all_users));
}

Result<void> check(const NotifyInput& input) {
  if (auto good = apps::check_text("message", input.message, kMessageMax); !good) return good;
  if (std::ranges::find(kTypes, input.type) == std::end(kTypes)) {
    return fail_field("type", "must be notification, info, warning, error or success");
  }
  if (input.user_id.has_value() == input.all_users.value_or(false)) {
    return fail_field("userId", "or allUsers is required, and one of them only");
  }
  return input.user_id ? apps::check_user_id("userId", *input.user_id) : Result<void>();
}

NewNotification content_of(const NotifyInput& input) {
  return {.type = input.type, .title = "", .message = input.message};
}

/// Tells the users after `cursor`, at most `limit`; where to go on, and how many they were.
struct Batch {
  std::string cursor;
  std::int64_t count = 0;
};
Result<Batch> notify_some(Transaction& tx, const NotifyInput& input, const std::string& cursor, int limit) {
  const auto users = accounts::list_ids(tx, cursor, limit);
  if (!users) return std::unexpected(users.error());
  const WallMs now = wall_now_ms();
  for (const std::string& user : *users) {
    const auto made = notifications::notify(tx, kApp, user, content_of(input), now);
    if (!made) return std::unexpected(made.error());
  }
  return Batch{users->empty() ? cursor : users->back(), static_cast<std::int64_t>(users->size())};
}

/// The next part of a job, and the job as it is then. Whichever node comes next goes on where the last one
/// has stopped.
Result<jobs::Job> do_batch(Transaction& tx, const std::string& id) {
  if (auto locked = tx.lock("job:" + id); !locked) return std::unexpected(locked.error());
  auto found = jobs::find(tx, kApp, id);
  if (!found) return std::unexpected(found.error());
  if (!*found) return fail(ErrorKind::not_found, "Job not found");
  jobs::Job job = std::move(**found);
  if (job.finished) return job;
  const auto input = from_value<NotifyInput>(Value::parse(job.input, nullptr, false));
  if (!input) return std::unexpected(input.error());
  const auto batch = notify_some(tx, *input, job.cursor, kBatch);
  if (!batch) return std::unexpected(batch.error());
  job.cursor = batch->cursor;
  job.done += batch->count;
  job.finished = batch->count < kBatch;
  if (auto kept = jobs::advance(tx, job); !kept) return std::unexpected(kept.error());
  return job;
}

/// What was asked, or the job that will do it.
Result<Value> notify(Transaction& tx, const NotifyInput& input) {
  if (input.user_id) {
    const auto made = notifications::notify(tx, kApp, *input.user_id, content_of(input), wall_now_ms());
    if (!made) return std::unexpected(made.error());
    return apps::short_json(*made);
  }
  const auto users = accounts::count(tx);
  if (!users) return std::unexpected(users.error());
  if (*users > kAtOnceMax) {
    const auto job = jobs::create(tx, kApp, to_value(input), *users, wall_now_ms());
    if (!job) return std::unexpected(job.error());
    return Value{{"job", jobs::to_json(*job)}};
  }
  const auto all = notify_some(tx, input, "", static_cast<int>(kAtOnceMax));
  if (!all) return std::unexpected(all.error());
  return Value{{"created", all->count}};
}

}  // namespace

Inbox::Inbox(const apps::Parts& parts, bool root)
    : parts_(parts),
      mounts_(apps::mounts_of(parts.server, "inbox", root)),
      events_(mounts_, parts.log),
      door_(parts, mounts_, events_,
            {.app = "inbox",
             .token = apps::DoorRules::Token::in_cookie,
             .strangers = apps::DoorRules::Strangers::stay},
            {.welcome = [](const auto&, const auto&) {}, .leave = [](const auto&, const auto&, auto) {}}),
      feed_(parts, mounts_, "inbox") {
  parts.api.route("POST", "/v1/inbox/notifications", [this](const Call& call) { create(call); });
  parts.api.route("GET", "/v1/inbox/jobs/{id}", [this](const Call& call) { show_job(call); });
  parts.bus.subscribe<jobs::JobCreated>([this](const auto& event) {
    if (event->job.app == kApp) parts_.server.post_to(0, [this, event] { go_on(event->job.id); });
  });
}

void Inbox::create(const Call& call) const {
  if (!call.caller().is_admin()) {
    return call.refuse({ErrorKind::forbidden, "Notifications are made by admins and servers"});
  }
  const auto input = call.body<NotifyInput>();
  if (!input) return call.refuse(input.error());
  if (auto good = check(*input); !good) return call.refuse(good.error());
  const std::string key = input->user_id ? notifications::key_of(kApp, *input->user_id) : "notify all";
  call.write(
      parts_.store, key, [input = *input](Transaction& tx) { return notify(tx, input); },
      [](const Value& answer) { return answer.contains("job") ? 202 : 201; });
}

void Inbox::show_job(const Call& call) const {
  if (!call.caller().is_admin()) {
    return call.refuse({ErrorKind::forbidden, "Notifications are made by admins and servers"});
  }
  call.read(parts_.store, [id = call.parameter("id")](Transaction& tx) -> Result<Value> {
    const auto job = jobs::find(tx, kApp, id);
    if (!job) return std::unexpected(job.error());
    if (!*job) return fail(ErrorKind::not_found, "Job not found");
    return jobs::to_json(**job);
  });
}

void Inbox::start() {
  parts_.server.post_to(0, [this] {
    const auto open = [](Transaction& tx) { return jobs::unfinished(tx, kApp); };
    parts_.store.read(apps::post_here(), open, [this](const Result<std::vector<jobs::Job>>& found) {
      if (!found) return parts_.log.error("inbox", "jobs not resumed", {{"error", found.error().text()}});
      for (const jobs::Job& job : *found) go_on(job.id);
    });
  });
}

// One batch after the other, each in its own unit of work, so that others come between. On shard 0.
void Inbox::go_on(const std::string& id) const {
  const auto work = [id](Transaction& tx) { return do_batch(tx, id); };
  parts_.store.write(apps::post_here(), "job:" + id, work, [this, id](const Result<jobs::Job>& next) {
    if (next && !next->finished) return go_on(id);
    if (next) return;
    parts_.log.error("inbox", "a job waits", {{"job", id}, {"error", next.error().text()}});
    constexpr milliseconds kPause{1'000};
    parts_.server.after(kPause, [this, id] { go_on(id); });
  });
}

}  // namespace belfry::inbox
