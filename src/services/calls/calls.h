// Calls between two users, as they are kept: who, when, how long, how it ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/describe.h"
#include "belfry/result.h"
#include "core/clock.h"
#include "store/transaction.h"

namespace belfry::calls {

/// `ringing → active → ended`, or `ringing → rejected | missed | cancelled`.
enum class State : std::uint8_t { ringing, active, ended, rejected, missed, cancelled };
std::string_view name_of(State state);
/// The state of that name; `ended` where there is none.
State state_named(std::string_view name);

struct Call {
  std::string id;               ///< UUID version 7
  std::string conversation_id;  ///< what it is about
  std::string caller_id;
  std::string recipient_id;
  std::string call_type;
  State state = State::ringing;
  WallMs started_at = 0;
  std::optional<WallMs> answered_at = {};
  std::optional<WallMs> ended_at = {};
  std::optional<std::string> reason = {};  ///< why it ended

  bool has(std::string_view user_id) const { return caller_id == user_id || recipient_id == user_id; }
  const std::string& other(std::string_view user_id) const {
    return caller_id == user_id ? recipient_id : caller_id;
  }
  /// Whole seconds from the answer to the end; nothing while it has not ended.
  std::optional<std::int64_t> duration() const;
  bool operator==(const Call&) const = default;
};

/// All but its state.
constexpr auto describe(Type<Call>) {
  return fields(field("id", &Call::id), field("conversationId", &Call::conversation_id),
                field("callerId", &Call::caller_id), field("recipientId", &Call::recipient_id),
                field("callType", &Call::call_type), field("startedAt", &Call::started_at),
                field("answeredAt", &Call::answered_at), field("endedAt", &Call::ended_at),
                field("reason", &Call::reason));
}

inline constexpr std::string_view kReasonLost = "connection_lost";

struct NewCall {
  std::string conversation_id;
  std::string caller_id;
  std::string recipient_id;
  std::string call_type;
};

/// These run inside a unit of work. Those that change something have the key `kKey`, so that the calls'
/// results come in the order of their commits. A call that is not the user's is `not_found` (`Call not
/// found`); a state that does not allow it is a `conflict` (`Cannot accept call in ended state`).
inline constexpr const char* kKey = "calls";

/// Fails with `conflict` where one of the two has a call that has not ended.
Result<Call> initiate(store::Transaction& tx, const NewCall& call, WallMs now);
/// By the recipient.
Result<Call> accept(store::Transaction& tx, std::string_view id, std::string_view user_id, WallMs now);
/// By the recipient. The reason may be empty.
Result<Call> reject(store::Transaction& tx, std::string_view id, std::string_view user_id,
                    std::string_view reason, WallMs now);
/// By either, once it is active; by the caller while it rings, which cancels it.
Result<Call> end(store::Transaction& tx, std::string_view id, std::string_view user_id, WallMs now);
/// Nobody has answered.
Result<Call> miss(store::Transaction& tx, std::string_view id, WallMs now);
/// The connection of one of the two did not come back.
Result<Call> lose(store::Transaction& tx, std::string_view id, WallMs now);
/// Ends the calls that a server which has gone left open; how many.
Result<std::int64_t> close_open(store::Transaction& tx, WallMs now);
/// The calls that have not ended.
Result<std::vector<Call>> list_open(store::Transaction& tx);

/// The user's call of that id; `action` is what cannot be done in another state: `signal`.
Result<Call> find(store::Transaction& tx, std::string_view id, std::string_view user_id);
Error wrong_state(std::string_view action, State state);

struct CallList {
  std::vector<Call> items;  ///< newest first
  std::optional<std::string> next_cursor;
};
/// Those about `conversation_id`, before the one that `before` names.
Result<CallList> list(store::Transaction& tx, std::string_view conversation_id, int limit,
                      const std::optional<std::string>& before);

}  // namespace belfry::calls
