#include "apps/health/messages.h"

#include <memory>
#include <utility>

#include "apps/common/json.h"

namespace belfry::health {

namespace {

Result<void> check_attachments(const std::vector<Value>& attachments, const MessageBounds& bounds) {
  if (attachments.size() > bounds.attachments_max) {
    return fail_field("attachments", "more than " + std::to_string(bounds.attachments_max));
  }
  for (std::size_t i = 0; i < attachments.size(); ++i) {
    const Value& item = attachments[i];
    if (!(item.is_object() || item.is_string()) || has_binary(item)) {
      return fail_field("attachments." + std::to_string(i),
                        "must be an object or a string, without binary data");
    }
  }
  return {};
}

}  // namespace

Result<conversations::NewMessage> read_message(const MessageInput& input, std::string sender_id,
                                               const MessageBounds& bounds) {
  conversations::NewMessage message{.sender_id = std::move(sender_id), .text = input.message.value_or("")};
  const auto attachments = input.attachments.value_or(std::vector<Value>());
  if (apps::is_blank(message.text) && attachments.empty()) {
    return fail(ErrorKind::invalid, "Message content is required");
  }
  if (apps::count_characters(message.text) > bounds.characters_max) {
    return fail_field("message", "longer than " + std::to_string(bounds.characters_max) + " characters");
  }
  if (auto good = check_attachments(attachments, bounds); !good) return std::unexpected(good.error());
  if (auto good = apps::check_id(input.reply_to, "replyTo"); !good) return std::unexpected(good.error());
  if (auto good = apps::check_id(input.client_message_id, "clientMessageId"); !good)
    return std::unexpected(good.error());
  message.attachments = attachments;
  message.reply_to = input.reply_to;
  message.client_message_id = input.client_message_id;
  return message;
}

Value to_json(const conversations::Message& message) {
  return {{"id", message.id},
          {"visitId", message.conversation_id},
          {"seq", message.seq},
          {"senderId", message.sender_id},
          {"message", message.text},
          {"attachments", message.attachments},
          {"replyTo", apps::json_or_null(message.reply_to)},
          {"timestamp", iso_time(message.created_at)}};
}

Result<conversations::Stored> send_message(store::Transaction& tx, const Caller& caller,
                                           const std::string& visit_id,
                                           const conversations::NewMessage& message,
                                           const std::string& answered_socket, TimePoint received_at) {
  const auto visit = visit_for(tx, caller, visit_id);
  if (!visit) return std::unexpected(visit.error());
  return apps::append_and_tell(tx, visit_id, message, [&](const conversations::Message& stored) {
    auto event = std::make_shared<MessageStored>();
    event->message = stored;
    event->participants = visit->participants();
    event->answered_socket = answered_socket;
    event->received_at = received_at;
    tx.tell(std::move(event));
  });
}

Result<apps::MessagePage> read_messages(store::Transaction& tx, const Caller& caller,
                                        const std::string& visit_id,
                                        const conversations::HistoryQuery& query) {
  if (auto visit = visit_for(tx, caller, visit_id); !visit) return std::unexpected(std::move(visit.error()));
  return apps::read_page(tx, visit_id, query);
}

}  // namespace belfry::health
