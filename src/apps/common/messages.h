// Messages of any conversation: which of them are asked for, and which are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/common/api.h"
#include "belfry/describe.h"
#include "services/conversations/conversations.h"
#include "services/conversations/receipts.h"

namespace belfry::apps {

/// Which messages, by event.
struct HistoryPart {
  std::optional<long> limit;
  Value before;  ///< a seq or a cursor
  Value after;
};
constexpr auto describe(Type<HistoryPart>) {
  return fields(field("limit", &HistoryPart::limit), field("before", &HistoryPart::before),
                field("after", &HistoryPart::after));
}
Result<conversations::HistoryQuery> read_history(const HistoryPart& input);
/// The same by REST: `?limit=`, `?before=`, `?after=`.
Result<conversations::HistoryQuery> read_history(const Call& call);

/// `{hasMore, nextCursor}` and the messages as `to_json` has them, oldest first: how an event is answered.
template <class ToJson>
Value history_json(const conversations::History& history, ToJson to_json) {
  Value messages = Value::array();
  for (const auto& message : history.messages) messages.push_back(to_json(message));
  return {{"messages", std::move(messages)},
          {"hasMore", history.has_more},
          {"nextCursor", json_or_null(history.next_cursor)}};
}
/// `{items, nextCursor}`, newest first: how a route is answered.
template <class ToJson>
Value history_page(const conversations::History& history, ToJson to_json) {
  Value items = Value::array();
  for (auto message = history.messages.rbegin(); message != history.messages.rend(); ++message) {
    items.push_back(to_json(*message));
  }
  return {{"items", std::move(items)}, {"nextCursor", json_or_null(history.next_cursor)}};
}

/// Messages by their ids, or all up to a seq.
struct ReadPart {
  std::optional<std::vector<std::string>> message_ids;
  std::optional<std::int64_t> up_to;
};
constexpr auto describe(Type<ReadPart>) {
  return fields(field("messageIds", &ReadPart::message_ids), field("upTo", &ReadPart::up_to));
}
/// So many ids in one event, in either direction.
inline constexpr std::size_t kReadIdsMax = 1'000;
Result<conversations::ReadMark> read_mark(const ReadPart& input);

/// Stores a message, and calls `tell` with it unless it was there already. In a unit of work.
template <class Tell>
Result<conversations::Stored> append_and_tell(store::Transaction& tx, const std::string& conversation_id,
                                              const conversations::NewMessage& message, Tell tell) {
  auto stored = conversations::append(tx, conversation_id, message, wall_now_ms());
  if (stored && !stored->repeated) tell(stored->message);
  return stored;
}

/// A part of a conversation, and who got and read its messages.
struct MessagePage {
  conversations::History history;
  std::map<std::int64_t, conversations::Receipts> receipts;  ///< by seq

  /// Who got and read one of them.
  conversations::Receipts of(const conversations::Message& message) const;
  /// An app's JSON of one, with `deliveredTo` and `readBy`.
  Value with_receipts(const conversations::Message& message, Value json) const;
};
Result<MessagePage> read_page(store::Transaction& tx, const std::string& conversation_id,
                              const conversations::HistoryQuery& query);

/// Calls `emit` with the ids in parts of at most `kReadIdsMax`.
void in_parts(const std::vector<std::string>& ids,
              const std::function<void(const std::vector<std::string>&)>& emit);

/// A client's own id for something, or one that it names: 1 to 255 characters, if it is there.
Result<void> check_id(const std::optional<std::string>& id, const char* field);

}  // namespace belfry::apps
