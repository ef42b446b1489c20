#include "redis/stream_sessions.h"

#include <algorithm>

#include "redis/message_wire.h"
#include "redis/session_values.h"
#include "redis/stream_entry.h"
#include "redis/wire_values.h"
#include "socketio/recovery/entry_id.h"

namespace belfry::redis {

using socketio::CaughtUp;
using socketio::EventNumber;
using socketio::SharedSession;

namespace {

constexpr std::size_t kAtOnce = 100;  // entries

}  // namespace

StreamSessions::StreamSessions(const WireContext& context, std::string key_prefix, ReaderOf reader_of)
    : context_(context), key_prefix_(std::move(key_prefix)), reader_of_(std::move(reader_of)) {}

void StreamSessions::keep(const std::string&, const SharedSession& session) {
  const auto time_ms = std::to_string(std::max<std::int64_t>(context_.session_time->count(), 1));
  context_.client.send({"SET", key_prefix_ + session.pid, write_session(session), "PX", time_ms},
                       [this](const Result<Reply>& reply) {
                         if (!reply) context_.tallies.add(Tallied::unsent, reply.error().message);
                       });
}

// ---- whose it is ----

void StreamSessions::claim(const std::string& nsp, const std::string& pid, EventNumber offset, unsigned shard,
                           std::function<void(std::optional<SharedSession>)> done) {
  const auto give = [&home = context_.shards.at(shard),
                     done = std::move(done)](std::optional<SharedSession> session) {
    home.post([done, session = std::move(session)]() mutable { done(std::move(session)); });
  };
  if (!context_.up.get()) return give(std::nullopt);
  const std::string id = socketio::entry_id_text(offset);
  // What stood behind an entry that is gone may be gone as well.
  context_.client.send({"XRANGE", reader_of_(nsp).stream(), id, id},
                       [this, pid, offset, give](const Result<Reply>& reply) {
                         if (!reply || reply->items.empty()) return give(std::nullopt);
                         take(pid, offset, give);
                       });
}

void StreamSessions::take(const std::string& pid, EventNumber offset,
                          std::function<void(std::optional<SharedSession>)> done) {
  const std::string key = key_prefix_ + pid;
  context_.client.send_all({{"GET", key}, {"DEL", key}}, true,
                           [pid, offset, done = std::move(done)](const Result<Reply>& reply) {
                             if (!reply || reply->items.size() != 2) return done(std::nullopt);
                             auto session = read_session(reply->items[0].text);
                             if (!session || session->pid != pid) return done(std::nullopt);
                             const EventNumber from = std::max(offset + 1, session->begin);
                             if (offset < session->gap || from < session->stays.known_from())
                               return done(std::nullopt);
                             done(std::move(*session));
                           });
}

// ---- what it has missed ----

// On its way through the stream; one call at a time has it.
struct StreamSessions::Walk {
  const StreamReader& reader;
  std::string nsp;
  std::size_t max_bytes;
  std::chrono::steady_clock::time_point deadline;
  std::function<void(std::optional<CaughtUp>)> done;
  EventNumber rooms_from;  // 0: nobody knows
  CaughtUp found;
  std::size_t bytes = 0;

  // False: the session is over, or has missed too much.
  bool pass(const Reply& reply, std::size_t max_entry_bytes);
  bool pass_event(EventNumber entry, Value& data);
  bool pass_change(EventNumber entry, MessageType type, const Value& data);
};

bool StreamSessions::Walk::pass(const Reply& reply, std::size_t max_entry_bytes) {
  auto entry = read_entry(reply, max_entry_bytes);
  // What is none is nothing to those who read on either.
  if (reply.items.size() == 2) {
    found.passed = socketio::parse_entry_id(reply.items[0].text).value_or(found.passed);
  }
  if (!entry || entry->id == 0 || entry->nsp != nsp) return true;
  const auto data = entry->message.find("data");
  if (data == entry->message.end()) return true;
  const MessageType type = type_of(entry->message);
  if (type == MessageType::broadcast) return pass_event(entry->id, *data);
  return rooms_from == 0 || entry->id < rooms_from || pass_change(entry->id, type, *data);
}

bool StreamSessions::Walk::pass_event(EventNumber entry, Value& data) {
  const auto event = read_broadcast(data);
  if (!event || !event->has_offset() || !found.stays.was_meant(event->target, entry)) return true;
  bytes += event->payload.json.size();
  for (const auto& attachment : event->payload.attachments) bytes += attachment.size();
  found.missed.push_back({entry, event->payload, event->flags});
  return bytes <= max_bytes;
}

bool StreamSessions::Walk::pass_change(EventNumber entry, MessageType type, const Value& data) {
  const auto target = read_target(member(data, "opts"));
  const auto rooms = read_names(member(data, "rooms"));
  if (!target || !rooms || !found.stays.was_meant(*target, entry)) return true;
  if (type == MessageType::disconnect) return false;
  for (const std::string& room : *rooms) {
    if (type == MessageType::join) found.stays.on_join(room, entry);
    if (type == MessageType::leave) found.stays.on_leave(room, entry);
  }
  return true;
}

void StreamSessions::catch_up(const std::string& nsp, SharedSession session, EventNumber offset,
                              std::size_t max_bytes, unsigned shard,
                              std::function<void(std::optional<CaughtUp>)> done) {
  // By the way that events take: what has been handed on before is done before.
  auto give = [&shards = context_.shards, shard, done = std::move(done)](std::optional<CaughtUp> found) {
    shards.post_to(0, [&home = shards.at(shard), done, found = std::move(found)] {
      home.run_or_post([done, found] { done(found); });
    });
  };
  step(std::make_shared<Walk>(Walk{
      .reader = reader_of_(nsp),
      .nsp = nsp,
      .max_bytes = max_bytes,
      .deadline = std::chrono::steady_clock::now() + context_.options.request_timeout,
      .done = std::move(give),
      .rooms_from = session.at,
      .found = {std::move(session.stays), {}, std::max(offset + 1, session.begin) - 1},
  }));
}

void StreamSessions::step(const std::shared_ptr<Walk>& walk) {
  if (std::chrono::steady_clock::now() > walk->deadline) return walk->done(std::nullopt);
  context_.client.send({"XRANGE", walk->reader.stream(), socketio::entry_id_text(walk->found.passed + 1), "+",
                        "COUNT", std::to_string(kAtOnce)},
                       [this, walk](const Result<Reply>& reply) {
                         if (!reply || reply->kind != Reply::Kind::array) return walk->done(std::nullopt);
                         on_step(walk, *reply);
                       });
}

void StreamSessions::on_step(const std::shared_ptr<Walk>& walk, const Reply& entries) {
  for (const Reply& entry : entries.items) {
    if (!walk->pass(entry, context_.options.max_message_bytes)) return walk->done(std::nullopt);
  }
  const bool is_end =
      entries.items.size() < kAtOnce &&
      walk->reader.unless_behind(walk->found.passed, [&] { walk->done(std::move(walk->found)); });
  if (!is_end) step(walk);
}

}  // namespace belfry::redis
