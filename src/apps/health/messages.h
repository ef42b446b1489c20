// Messages of a visit: what may be said, storing it, and reading it again.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/common/messages.h"
#include "apps/health/visits.h"
#include "belfry/describe.h"
#include "belfry/result.h"
#include "belfry/value.h"
#include "core/event.h"
#include "services/conversations/conversations.h"
#include "services/conversations/receipts.h"
#include "store/transaction.h"

namespace belfry::health {

/// What a client sends, by event or by REST.
struct MessageInput {
  std::optional<std::string> message;
  std::optional<std::vector<Value>> attachments;
  std::optional<std::string> reply_to;
  std::optional<std::string> client_message_id;
};
constexpr auto describe(Type<MessageInput>) {
  return fields(field("message", &MessageInput::message), field("attachments", &MessageInput::attachments),
                field("replyTo", &MessageInput::reply_to),
                field("clientMessageId", &MessageInput::client_message_id));
}

/// The visit that an event is about.
struct VisitTarget {
  std::string visit_id;
};
constexpr auto describe(Type<VisitTarget>) {
  return fields(field("visitId", &VisitTarget::visit_id));
}

/// A message with where it goes.
struct SendInput : VisitTarget, MessageInput {};
constexpr auto describe(Type<SendInput>) {
  return std::tuple_cat(describe(Type<VisitTarget>{}), describe(Type<MessageInput>{}));
}

struct MessageBounds {
  std::size_t characters_max = 4'000;  ///< Unicode code points
  std::size_t attachments_max = 10;
};

/// Checks what was sent, without who may send it. Fails with `invalid`.
Result<conversations::NewMessage> read_message(const MessageInput& input, std::string sender_id,
                                               const MessageBounds& bounds);

/// A message was stored, with whom it concerns.
struct MessageStored : Event {
  conversations::Message message;
  std::vector<std::string> participants;  ///< of the visit
  std::string answered_socket;            ///< knows it from its acknowledgement; empty: none does
  std::optional<TimePoint> received_at;   ///< by this node; absent: by another
};
constexpr auto describe(Type<MessageStored>) {
  return fields(field("message", &MessageStored::message),
                field("participants", &MessageStored::participants),
                field("answeredSocket", &MessageStored::answered_socket));
}

/// The contract's form of a message.
Value to_json(const conversations::Message& message);

/// Stores a message, within a unit of work whose key is the visit's, and tells `MessageStored`; one that was
/// there already under its client message id is returned and not told again.
Result<conversations::Stored> send_message(store::Transaction& tx, const Caller& caller,
                                           const std::string& visit_id,
                                           const conversations::NewMessage& message,
                                           const std::string& answered_socket, TimePoint received_at);

/// Which messages, by event.
struct HistoryInput : VisitTarget, apps::HistoryPart {};
constexpr auto describe(Type<HistoryInput>) {
  return std::tuple_cat(describe(Type<VisitTarget>{}), describe(Type<apps::HistoryPart>{}));
}

Result<apps::MessagePage> read_messages(store::Transaction& tx, const Caller& caller,
                                        const std::string& visit_id,
                                        const conversations::HistoryQuery& query);

}  // namespace belfry::health
