// Receipts of a visit's messages: who may give them, and who hears of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/common/messages.h"
#include "apps/health/visits.h"
#include "belfry/describe.h"
#include "core/event.h"
#include "services/conversations/receipts.h"
#include "store/transaction.h"

namespace belfry::health {

struct ReceivedInput {
  std::string message_id;
};
constexpr auto describe(Type<ReceivedInput>) {
  return fields(field("messageId", &ReceivedInput::message_id));
}

struct ReadInput : apps::ReadPart {
  std::string visit_id;
};
constexpr auto describe(Type<ReadInput>) {
  return std::tuple_cat(fields(field("visitId", &ReadInput::visit_id)), describe(Type<apps::ReadPart>{}));
}

/// A device of the user has got the message, the first of theirs.
struct MessageDelivered : Event {
  conversations::Message message;
  std::string user_id;
  WallMs at = 0;
};
constexpr auto describe(Type<MessageDelivered>) {
  return fields(field("message", &MessageDelivered::message), field("userId", &MessageDelivered::user_id),
                field("at", &MessageDelivered::at));
}

/// The user has read messages that they had not read before.
struct MessagesRead : Event {
  std::string visit_id;
  std::vector<std::string> participants;  ///< of the visit
  std::vector<std::string> message_ids;
  std::string user_id;
  WallMs at = 0;
};
constexpr auto describe(Type<MessagesRead>) {
  return fields(field("visitId", &MessagesRead::visit_id), field("participants", &MessagesRead::participants),
                field("messageIds", &MessagesRead::message_ids), field("userId", &MessagesRead::user_id),
                field("at", &MessagesRead::at));
}

/// A visit's unit of work has the visit's id as its key.

/// The message of that id, if the caller may see it. Fails with `not_found` otherwise.
Result<conversations::Message> message_for(store::Transaction& tx, const Caller& caller,
                                           const std::string& message_id);
/// Notes it and tells `MessageDelivered`, if it is news.
Result<void> receive_message(store::Transaction& tx, const Caller& caller,
                             const conversations::Message& message);
/// Notes it and tells `MessagesRead`; how many messages that was news for.
Result<std::size_t> mark_messages_read(store::Transaction& tx, const Caller& caller,
                                       const std::string& visit_id, const conversations::ReadMark& mark);

}  // namespace belfry::health
