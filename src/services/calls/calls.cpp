#include "services/calls/calls.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/ids.h"

namespace belfry::calls {

namespace {

using store::Row;
using store::Transaction;

constexpr std::array<std::string_view, 6> kStates = {"ringing",  "active", "ended",
                                                     "rejected", "missed", "cancelled"};

Call call_of(const Row& row) {
  return {.id = row.text(0),
          .conversation_id = row.text(1),
          .caller_id = row.text(2),
          .recipient_id = row.text(3),
          .call_type = row.text(4),
          .state = state_named(row.text(5)),
          .started_at = row.integer(6),
          .answered_at = row.optional_integer(7),
          .ended_at = row.optional_integer(8),
          .reason = row.optional_text(9)};
}

Result<Call> find_any(Transaction& tx, std::string_view id) {
  auto call = tx.query_one(
      "SELECT id, conversation_id, caller_id, recipient_id, call_type, state, started_at, answered_at, "
      "ended_at, reason FROM calls WHERE id = $1",
      {id}, call_of);
  if (!call) return std::unexpected(std::move(call.error()));
  if (!*call) return fail(ErrorKind::not_found, "Call not found");
  return std::move(**call);
}

// The call as nobody else changes it before the commit.
Result<Call> find_to_change(Transaction& tx, std::string_view id) {
  if (auto locked = tx.lock("call:" + std::string(id)); !locked) return std::unexpected(locked.error());
  return find_any(tx, id);
}

Result<Call> save(Transaction& tx, Call call) {
  const auto done =
      tx.run("UPDATE calls SET state = $2, answered_at = $3, ended_at = $4, reason = $5 WHERE id = $1",
             {call.id, name_of(call.state), call.answered_at, call.ended_at, call.reason});
  if (!done) return std::unexpected(done.error());
  return call;
}

Result<Call> finish(Transaction& tx, Call call, State state, std::string_view reason, WallMs now) {
  call.state = state;
  call.ended_at = now;
  if (!reason.empty()) call.reason = std::string(reason);
  return save(tx, std::move(call));
}

Result<bool> is_busy(Transaction& tx, std::string_view user_id) {
  const auto found = tx.query_one(
      "SELECT 1 FROM calls WHERE caller_id = $1 AND state IN ('ringing', 'active') "
      "UNION ALL SELECT 1 FROM calls WHERE recipient_id = $1 AND state IN ('ringing', 'active') LIMIT 1",
      {user_id}, [](const Row&) { return true; });
  if (!found) return std::unexpected(found.error());
  return found->has_value();
}

}  // namespace

State state_named(std::string_view name) {
  const auto found = std::ranges::find(kStates, name);
  return static_cast<State>(found == kStates.end() ? static_cast<std::size_t>(State::ended)
                                                   : static_cast<std::size_t>(found - kStates.begin()));
}

std::string_view name_of(State state) {
  return kStates[static_cast<std::size_t>(state)];
}

Error wrong_state(std::string_view action, State state) {
  return {ErrorKind::conflict,
          "Cannot " + std::string(action) + " call in " + std::string(name_of(state)) + " state"};
}

std::optional<std::int64_t> Call::duration() const {
  if (!ended_at) return std::nullopt;
  return answered_at ? (*ended_at - *answered_at) / 1000 : 0;
}

Result<Call> find(Transaction& tx, std::string_view id, std::string_view user_id) {
  auto call = find_any(tx, id);
  if (call && !call->has(user_id)) return fail(ErrorKind::not_found, "Call not found");
  return call;
}

Result<Call> initiate(Transaction& tx, const NewCall& call, WallMs now) {
  // In one order, so that two who call each other do not wait for each other.
  const auto [first, second] = std::minmax(call.caller_id, call.recipient_id);
  for (const std::string& user : {first, second}) {
    if (auto locked = tx.lock("calls of " + user); !locked) return std::unexpected(locked.error());
  }
  for (const std::string& user : {call.caller_id, call.recipient_id}) {
    const auto busy = is_busy(tx, user);
    if (!busy) return std::unexpected(busy.error());
    if (*busy) return fail(ErrorKind::conflict, "User is already in a call");
  }
  Call made{.id = make_uuid7(),
            .conversation_id = call.conversation_id,
            .caller_id = call.caller_id,
            .recipient_id = call.recipient_id,
            .call_type = call.call_type,
            .started_at = now};
  const auto done = tx.run(
      "INSERT INTO calls (id, conversation_id, caller_id, recipient_id, call_type, state, started_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7)",
      {made.id, made.conversation_id, made.caller_id, made.recipient_id, made.call_type, name_of(made.state),
       made.started_at});
  if (!done) return std::unexpected(done.error());
  return made;
}

Result<Call> accept(Transaction& tx, std::string_view id, std::string_view user_id, WallMs now) {
  auto call = find_to_change(tx, id);
  if (!call) return call;
  if (call->recipient_id != user_id) return fail(ErrorKind::not_found, "Call not found");
  if (call->state != State::ringing) return std::unexpected(wrong_state("accept", call->state));
  call->state = State::active;
  call->answered_at = now;
  return save(tx, std::move(*call));
}

Result<Call> reject(Transaction& tx, std::string_view id, std::string_view user_id, std::string_view reason,
                    WallMs now) {
  auto call = find_to_change(tx, id);
  if (!call) return call;
  if (call->recipient_id != user_id) return fail(ErrorKind::not_found, "Call not found");
  if (call->state != State::ringing) return std::unexpected(wrong_state("reject", call->state));
  return finish(tx, std::move(*call), State::rejected, reason, now);
}

Result<Call> end(Transaction& tx, std::string_view id, std::string_view user_id, WallMs now) {
  auto call = find_to_change(tx, id);
  if (!call) return call;
  if (!call->has(user_id)) return fail(ErrorKind::not_found, "Call not found");
  if (call->state == State::active) return finish(tx, std::move(*call), State::ended, "ended", now);
  if (call->state == State::ringing && call->caller_id == user_id) {
    return finish(tx, std::move(*call), State::cancelled, "cancelled", now);
  }
  return std::unexpected(wrong_state("end", call->state));
}

Result<Call> miss(Transaction& tx, std::string_view id, WallMs now) {
  auto call = find_to_change(tx, id);
  if (!call) return call;
  if (call->state != State::ringing) return std::unexpected(wrong_state("miss", call->state));
  return finish(tx, std::move(*call), State::missed, "missed", now);
}

Result<Call> lose(Transaction& tx, std::string_view id, WallMs now) {
  auto call = find_to_change(tx, id);
  if (!call) return call;
  if (call->state == State::active) return finish(tx, std::move(*call), State::ended, kReasonLost, now);
  if (call->state == State::ringing) return finish(tx, std::move(*call), State::cancelled, kReasonLost, now);
  return std::unexpected(wrong_state("lose", call->state));
}

Result<std::int64_t> close_open(Transaction& tx, WallMs now) {
  return tx.run(
      "UPDATE calls SET state = CASE WHEN state = 'active' THEN 'ended' ELSE 'cancelled' END, ended_at = $1, "
      "reason = $2 WHERE state IN ('ringing', 'active')",
      {now, kReasonLost});
}

Result<std::vector<Call>> list_open(Transaction& tx) {
  return tx.query_all(
      "SELECT id, conversation_id, caller_id, recipient_id, call_type, state, started_at, answered_at, "
      "ended_at, reason FROM calls WHERE state IN ('ringing', 'active') ORDER BY id",
      {}, call_of);
}

Result<CallList> list(Transaction& tx, std::string_view conversation_id, int limit,
                      const std::optional<std::string>& before) {
  // One more than asked says whether there is more.
  auto found = tx.query_all(
      "SELECT id, conversation_id, caller_id, recipient_id, call_type, state, started_at, answered_at, "
      "ended_at, reason FROM calls WHERE conversation_id = $1 AND id < $2 "
      "ORDER BY id DESC LIMIT $3",
      {conversation_id, store::ids_before(before ? *before : ""), limit + 1}, call_of);
  if (!found) return std::unexpected(std::move(found.error()));
  CallList list{.items = std::move(*found), .next_cursor = {}};
  if (list.items.size() > static_cast<std::size_t>(limit)) {
    list.items.pop_back();
    list.next_cursor = list.items.back().id;
  }
  return list;
}

}  // namespace belfry::calls
