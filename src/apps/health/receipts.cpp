#include "apps/health/receipts.h"

#include <memory>
#include <utility>

namespace belfry::health {

// To somebody else there is no such message.
Result<conversations::Message> message_for(store::Transaction& tx, const Caller& caller,
                                           const std::string& message_id) {
  auto message = conversations::find_message(tx, message_id);
  if (!message) return std::unexpected(std::move(message.error()));
  if (!*message) return fail(ErrorKind::not_found, "Message not found");
  auto visit = visit_for(tx, caller, (*message)->conversation_id);
  if (visit) return std::move(**message);
  if (visit.error().kind == ErrorKind::forbidden) return fail(ErrorKind::not_found, "Message not found");
  return std::unexpected(std::move(visit.error()));
}

Result<void> receive_message(store::Transaction& tx, const Caller& caller,
                             const conversations::Message& message) {
  const WallMs now = wall_now_ms();
  const auto news = conversations::mark_delivered(tx, message, caller.user_id, now);
  if (!news) return std::unexpected(news.error());
  if (*news) {
    auto event = std::make_shared<MessageDelivered>();
    event->message = message;
    event->user_id = caller.user_id;
    event->at = now;
    tx.tell(std::move(event));
  }
  return {};
}

Result<std::size_t> mark_messages_read(store::Transaction& tx, const Caller& caller,
                                       const std::string& visit_id, const conversations::ReadMark& mark) {
  const auto visit = visit_for(tx, caller, visit_id);
  if (!visit) return std::unexpected(visit.error());
  const WallMs now = wall_now_ms();
  auto news = conversations::mark_read(tx, visit_id, caller.user_id, mark, now);
  if (!news) return std::unexpected(std::move(news.error()));
  const std::size_t count = news->size();
  if (count > 0) {
    auto event = std::make_shared<MessagesRead>();
    event->visit_id = visit_id;
    event->participants = visit->participants();
    event->message_ids = std::move(*news);
    event->user_id = caller.user_id;
    event->at = now;
    tx.tell(std::move(event));
  }
  return count;
}

}  // namespace belfry::health
